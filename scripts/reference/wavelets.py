"""Prints src/radiomics/filter/wavelet_tables.rs: decomposition filters as PyWavelets holds them.

Needs PyWavelets. Orthogonal families need the low-pass alone; biorthogonal ones both.
"""
import pywt

print("//! Decomposition filters of wavelets, as PyWavelets holds them; made by `scripts/reference/wavelets.py`.")
print()
print("/// A wavelet's name, its low-pass filter, and its high-pass filter where that does not follow from the low-pass.")
print("pub type Entry = (&'static str, &'static [f64], &'static [f64]);")
print()


def rows(values):
    line, out = "        ", []
    for v in values:
        word = repr(float(v)) + ", "
        if len(line) + len(word) > 118:
            out.append(line.rstrip())
            line = "        "
        line += word
    out.append(line.rstrip())
    return "\n".join(out)


names = ["haar"] + [f"db{i}" for i in range(1, 21)] + [f"sym{i}" for i in range(2, 21)]
names += [f"coif{i}" for i in range(1, 6)] + [n for n in pywt.wavelist("bior")] + [n for n in pywt.wavelist("rbio")]
print("/// Every wavelet that is offered.")
print("#[rustfmt::skip]")
print("#[allow(clippy::approx_constant, clippy::excessive_precision)] // numbers of a table, not constants")
print("pub static WAVELETS: &[Entry] = &[")
for name in names:
    w = pywt.Wavelet(name)
    hi = rows(w.dec_hi) if not w.orthogonal else ""
    print(f'    ("{name}", &[\n{rows(w.dec_lo)}\n    ], &[' + (f"\n{hi}\n    " if hi else "") + "]),")
print("];")
