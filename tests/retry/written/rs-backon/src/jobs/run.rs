use std::time::Duration;

use reqwest::Client;

pub async fn run(url: &str) -> Result<String, reqwest::Error> {
    let client = Client::builder().timeout(Duration::from_secs(5)).build()?;
    let response = client.get(format!("{url}/daily")).send().await?;
    response.error_for_status()?.text().await
}
