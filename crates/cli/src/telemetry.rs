//! Traces for an OpenTelemetry collector: requests with their rid, commits, attempts at pushes, issuing.
//!
//! Spans that have ended stand in a bounded queue before a thread that sends them in batches (OTLP over HTTP, protobuf);
//! what finds it full is dropped, so nobody waits for a collector. They are sent by the same client as
//! everything else, without its guard: where the collector is, the operator has said.

use crate::settings::{Settings, SettingsError};
use async_trait::async_trait;
use bytes::Bytes;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use hyper::{Request, Response};
use kaipiao_ports::delivery::sender::{Content, Incoming, Outgoing, SendError, Sender};
use kaipiao_sender::{BuildError, HttpSender};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};
use std::sync::Arc;
use tokio::runtime::Handle;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// Spans that may wait to be sent.
const WAITING: usize = 4096;
/// Spans that are sent at once at most.
const AT_ONCE: usize = 512;
/// How long a span waits for others at most.
const DELAY: Duration = Duration::from_secs(2);
/// How long the collector may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The one Content-Type that OTLP in protobuf has.
const PROTOBUF: &str = "application/x-protobuf";
/// The service's name, unless OTEL_SERVICE_NAME has another.
const SERVICE: &str = "kaipiao";

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The settings.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// The client.
    #[error("telemetry: {0}")]
    Client(#[from] BuildError),
    /// The exporter.
    #[error("telemetry: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// The export, until [`Telemetry::end`].
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Starts the export that the settings ask for, within a runtime; None: they ask for none.
    pub fn start(settings: &Settings) -> Result<Option<Self>, TelemetryError> {
        let Some(url) = settings.telemetry.traces_url()? else { return Ok(None) };
        let sender = HttpSender::new(settings.push.open_sender()?)?;
        let client =
            Client { sender: Arc::new(sender), runtime: Handle::current(), fails: false.into() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(url)
            .with_timeout(TIME_LIMIT)
            .build()?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING)
            .with_max_export_batch_size(AT_ONCE)
            .with_scheduled_delay(DELAY)
            .build();
        let ratio = settings.telemetry.sample_percent as f64 / 100.0;
        let resource = Resource::builder().with_service_name(SERVICE).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(
                BatchSpanProcessor::builder(exporter).with_batch_config(batches).build(),
            )
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
            .with_resource(resource)
            .build();
        Ok(Some(Self { provider }))
    }

    /// What gives it the spans of this program.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(SERVICE))
            // Threads and lines of the source say nothing to an operator.
            .with_threads(false)
            .with_location(false)
            .with_filter(filter_fn(is_exported))
    }

    /// Sends what waits, within this time; what the collector has not taken by then is lost.
    pub async fn end(self, within: Duration) {
        let sent =
            tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(within)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::warn!("the last spans may not have reached telemetry.otlp_endpoint");
        }
    }
}

/// Whether a span or an event of one is exported: this program's own, whatever the log's filter is.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let most = if metadata.is_span() { LevelFilter::DEBUG } else { LevelFilter::INFO };
    metadata.target().starts_with("kaipiao") && *metadata.level() <= most
}

/// The exporter's way out. It runs on a thread of its own, the client in the runtime.
struct Client {
    sender: Arc<HttpSender>,
    runtime: Handle,
    /// The newest batch was not taken: the log is told once, until one is.
    fails: AtomicBool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    fn note(&self, answered: &Result<Incoming, SendError>) {
        let problem = match answered {
            Ok(answer) if (200..300).contains(&answer.status) => None,
            Ok(answer) => Some(format!("it answers {}", answer.status)),
            Err(error) => Some(error.to_string()),
        };
        match (problem, &self.fails) {
            (Some(problem), fails) if !fails.swap(true, Ordering::Relaxed) => {
                tracing::warn!(problem, "telemetry.otlp_endpoint takes no spans");
            }
            (None, fails) if fails.swap(false, Ordering::Relaxed) => {
                tracing::info!("telemetry.otlp_endpoint takes spans again");
            }
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let headers = request.headers().iter().filter_map(|(name, value)| {
            let is_ours = matches!(name.as_str(), "content-type" | "user-agent");
            let value = value.to_str().ok().filter(|_| !is_ours)?;
            Some((name.as_str().to_owned().into(), value.to_owned()))
        });
        let outgoing = Outgoing {
            url: request.uri().to_string(),
            headers: headers.collect(),
            content: Some(Content { content_type: PROTOBUF, bytes: request.body().to_vec() }),
            time_limit: TIME_LIMIT,
            most_answer_bytes: Outgoing::MOST_ANSWER_BYTES,
        };
        let sender = Arc::clone(&self.sender);
        let sent = self.runtime.spawn(async move { sender.send(outgoing).await }).await?;
        self.note(&sent);
        let answer = sent?;
        Ok(Response::builder().status(answer.status).body(answer.body.into())?)
    }
}
