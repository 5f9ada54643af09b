//! The runner puts the function under test here. This one only makes the template compile.

/// One request without a retry.
pub async fn run(url: &str) -> Result<String, reqwest::Error> {
    reqwest::get(url).await?.error_for_status()?.text().await
}
