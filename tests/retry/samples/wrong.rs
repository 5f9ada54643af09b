//! A retry as it is often written: every error again, at once, in a task that outlives its caller.

pub async fn run(url: &str) -> Result<String, String> {
    let url = url.to_owned();
    let work = tokio::spawn(async move {
        for _ in 0..3 {
            let attempt = async { reqwest::get(&url).await?.error_for_status()?.text().await };
            match tokio::time::timeout(std::time::Duration::from_secs(1), attempt).await {
                Ok(Ok(text)) => return Ok(text),
                Ok(Err(_)) | Err(_) => continue,
            }
        }
        Err("no answer after three attempts".to_owned())
    });
    work.await.map_err(|error| error.to_string())?
}
