//! `diptych demo`: simulates a small cohort of the kind of PRIME and runs a study of it, from DICOM
//! to the report.

use std::path::{Path, PathBuf};

use crate::run::store::write_whole;
use crate::simulate::SimulationFault;
use crate::simulate::prime::{Simulation, Truth};

use super::machine::Machine;
use super::run::{Run, run};
use super::{Exit, Parameters, progress, show};

/// PRIME in small, as it stands in `examples/prime`.
const STUDY: &str = include_str!("../../examples/prime/quick.study");
/// Enough patients to find what was built in, few enough for two cores.
const COHORT: Simulation = Simulation { patients: 180, sequenced: 24, ..Simulation::DEFAULT };

#[derive(clap::Args)]
pub struct Demo {
    /// Folder that the study, its data and its results are written to.
    #[arg(long, default_value = "diptych-demo")]
    out: PathBuf,
    /// Threads; results do not depend on it.
    #[arg(long)]
    threads: Option<usize>,
}

pub fn demo(arguments: &Demo) -> Exit {
    let study = arguments.out.join("quick.study");
    match simulated(&arguments.out) {
        Ok(()) => {}
        Err(fault) => {
            show::complain(&fault.to_string());
            return Exit::RunFailed;
        }
    }
    if let Err(error) = write_whole(&study, STUDY.as_bytes()) {
        show::complain(&format!("{} cannot be written: {error}", study.display()));
        return Exit::RunFailed;
    }
    show::print(&format!("The study is {}; what was built into its data is in truth.json.\n\n", study.display()));
    let machine = Machine { threads: arguments.threads, store: None };
    run(&Run { study, out: None, parameters: Parameters::default(), machine })
}

/// The cohort in its folder; one that is there already, whole, is taken.
fn simulated(out: &Path) -> Result<(), SimulationFault> {
    let truth = Truth::of(&COHORT, &COHORT.draw());
    // The truth is written last, so that with it everything is there.
    if std::fs::read_to_string(out.join("truth.json")).is_ok_and(|text| text == truth.text()) {
        return Ok(());
    }
    show::print("Simulating a cohort of two centres with dual-phase CT ...\n");
    let watch = progress::watch(&crate::report::Stopwatch::default());
    progress::stop_at_interrupt(&watch);
    COHORT.write(out, &watch).map(|_| ())
}
