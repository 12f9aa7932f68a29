//! Named random streams: a step's draws depend on the study's seed and the step's own place in
//! the plan, never on what else the plan holds or on how many threads run it.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// The name of a stream of random numbers. Cheap to clone; [`Stream::rng`] starts it.
///
/// Derive one stream for each independent piece of work (`stream.indexed(tree)`) before going
/// parallel, and results are the same for any number of threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stream {
    key: [u8; 32],
}

impl Stream {
    /// The root of a study's streams.
    pub fn root(seed: u64) -> Self {
        Stream { key: *blake3::hash(&seed.to_le_bytes()).as_bytes() }
    }

    /// The stream of a named part.
    pub fn named(&self, name: &str) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"name");
        hasher.update(name.as_bytes());
        Stream { key: *hasher.finalize().as_bytes() }
    }

    /// The stream of a numbered part: a tree, a fold, a resample.
    pub fn indexed(&self, index: u64) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"index");
        hasher.update(&index.to_le_bytes());
        Stream { key: *hasher.finalize().as_bytes() }
    }

    /// A generator at the start of the stream.
    pub fn rng(&self) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::from_seed(self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_name_index_and_seed_and_repeat() {
        let root = Stream::root(1);
        assert_eq!(root.named("a").rng(), root.named("a").rng());
        assert_ne!(root.named("a"), root.named("b"));
        assert_ne!(root.indexed(0), root.indexed(1));
        assert_ne!(Stream::root(1), Stream::root(2));
    }
}
