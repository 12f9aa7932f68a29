//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    keep_freed_memory();
    diptych::cli::main()
}

/// Freed memory stays with the process up to a gigabyte. Images come and go by tens of megabytes, and to give each back
/// to the system and ask for it again cost a sixth of the time of radiomics, more with several threads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_freed_memory() {
    // SAFETY: only numbers of the allocator are set, before any other thread is there.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
        libc::mallopt(libc::M_TOP_PAD, 1 << 26);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_freed_memory() {}
