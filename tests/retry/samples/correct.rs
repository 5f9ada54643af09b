//! A retry as it should be: exponential backoff with jitter, limited attempts, Retry-After kept,
//! only transient errors.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Client, Response, StatusCode};

const ATTEMPTS: u32 = 4;

pub async fn run(url: &str) -> Result<String, reqwest::Error> {
    let client = Client::builder().timeout(Duration::from_secs(5)).build()?;
    let mut attempt = 1;
    loop {
        let result = client.get(url).send().await;
        let again = attempt < ATTEMPTS && is_transient(&result);
        if !again {
            return result?.error_for_status()?.text().await;
        }
        let asked = result
            .as_ref()
            .ok()
            .and_then(retry_after)
            .unwrap_or_default();
        tokio::time::sleep(backoff(attempt).max(asked)).await;
        attempt += 1;
    }
}

fn is_transient(result: &Result<Response, reqwest::Error>) -> bool {
    match result {
        Ok(response) => {
            response.status() == StatusCode::TOO_MANY_REQUESTS
                || response.status().is_server_error()
        }
        Err(error) => error.is_timeout() || error.is_connect() || error.is_request(),
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response
        .headers()
        .get("retry-after")?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds).min(Duration::from_secs(30)))
}

fn backoff(attempt: u32) -> Duration {
    let ceiling = Duration::from_millis(200 * 2_u64.pow(attempt)).min(Duration::from_secs(10));
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.subsec_nanos());
    ceiling / 2 + ceiling.mul_f64(f64::from(nanos % 1_000) / 2_000.0)
}
