//! `diptych simulate`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::simulate::prime::{Effects, Simulation};

use super::{Exit, progress, show};

/// A cohort whose truth is known.
#[derive(Subcommand)]
pub enum Simulate {
    /// Two centres and a cohort with RNA, CT of two phases, masks by two readers: the data of
    /// `prime.study`, which is written beside them.
    Prime(Prime),
}

#[derive(clap::Args)]
pub struct Prime {
    /// Patients whom the study enrols, in both centres together.
    #[arg(long, default_value_t = Simulation::default().patients)]
    patients: usize,
    /// Folder that everything is written to.
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = Simulation::default().seed)]
    seed: u64,
    /// Whether tumour and host drive response and survival, neither does, or each the other's.
    #[arg(long, default_value = "on")]
    effects: Driven,
    /// Tables without images.
    #[arg(long)]
    without_images: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driven {
    On,
    Off,
    Swapped,
}

pub fn simulate(what: &Simulate) -> Exit {
    let Simulate::Prime(arguments) = what;
    let simulation = Simulation {
        patients: arguments.patients,
        seed: arguments.seed,
        effects: match arguments.effects {
            Driven::On => Effects::On,
            Driven::Off => Effects::Off,
            Driven::Swapped => Effects::Swapped,
        },
        images: !arguments.without_images,
        ..Simulation::default()
    };
    let watch = progress::watch(&crate::report::Stopwatch::default());
    progress::stop_at_interrupt(&watch);
    match simulation.write(&arguments.out, &watch) {
        Ok(truth) => {
            let counts: Vec<String> = truth.counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            show::print(&format!(
                "{}\nResponse in {:.0}% of the enrolled, {} deaths. What was built in stands in truth.json.\nThe cohort is in {}; `diptych run {}` runs the study.\n",
                counts.join(", "),
                100.0 * truth.response_rate,
                truth.deaths,
                arguments.out.display(),
                arguments.out.join("prime.study").display()
            ));
            Exit::Done
        }
        Err(fault) => {
            show::complain(&fault.to_string());
            Exit::RunFailed
        }
    }
}
