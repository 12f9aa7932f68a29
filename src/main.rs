//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    diptych::cli::main()
}
