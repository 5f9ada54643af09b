//! Runs `subject::run` against the address in the first argument and prints how it ended. With a
//! number of milliseconds as the second argument, the call is dropped after that time.

mod subject;

use std::time::{Duration, Instant};

/// How long the program lives on, so that the server sees requests of tasks that were left behind.
const AFTERWARDS: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("the first argument is an address");
    let abort_after = arguments
        .next()
        .map(|text| Duration::from_millis(text.parse().expect("the second argument is a number")));

    match abort_after {
        None => report(subject::run(&url).await),
        Some(wait) => {
            let started = Instant::now();
            match tokio::time::timeout(wait, subject::run(&url)).await {
                Ok(result) => report(result),
                Err(_) => println!(
                    "aborted {}",
                    started.elapsed().saturating_sub(wait).as_millis()
                ),
            }
        }
    }
    tokio::time::sleep(AFTERWARDS).await;
}

fn report<T, E: std::fmt::Debug>(result: Result<T, E>) {
    match result {
        Ok(_) => println!("success"),
        Err(error) => println!("failure {}", format!("{error:?}").replace('\n', " ")),
    }
}
