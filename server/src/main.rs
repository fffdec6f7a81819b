//! The program `rollcall`; everything it does is in the library beside it, where tests reach it too.

use std::process::ExitCode;

/// Imports make rows in one thread and let go of them in another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::run()
}
