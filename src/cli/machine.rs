//! What of the machine a command uses; no result depends on it.

use std::path::PathBuf;

use crate::Study;
use crate::run::Store;

use super::{Exit, show};

#[derive(clap::Args, Clone, Default)]
pub struct Machine {
    /// Threads; results do not depend on it.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Folder of finished pieces; `.diptych` beside the study unless said.
    #[arg(long)]
    pub store: Option<PathBuf>,
}

impl Machine {
    /// Sets the number of threads for the whole process.
    pub fn take_threads(&self) {
        threads(self.threads);
    }

    /// The store in the folder that was given, or in `.diptych` beside the study.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn store(&self, study: &Study) -> Result<Store, Exit> {
        let place = self.store.clone().unwrap_or_else(|| study.folder().join(".diptych"));
        Store::at(&place).map_err(|error| {
            show::complain(&format!("the store {} cannot be used: {error}", place.display()));
            Exit::RunFailed
        })
    }
}

/// The number of threads for the whole process; all of the machine's unless said.
pub fn threads(threads: Option<usize>) {
    if let Some(threads) = threads.filter(|threads| *threads > 0) {
        // Fails only where a pool exists already, which then keeps its size.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
}
