//! Logs and traces: structured, with one request id across edge and origin.

use std::{str::FromStr, time::Duration};

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _},
};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource, runtime,
    trace::{SdkTracerProvider, span_processor_with_async_runtime::BatchSpanProcessor},
};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt as _, registry::LookupSpan, util::SubscriberInitExt as _};

use crate::{config::Env, trace_context::TraceContext};

/// How long one batch of spans may take to be delivered.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// What to log, how, and where traces go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `RUST_LOG`, default `info`: `tracing-subscriber`'s filter directives.
    pub filter: String,
    /// `LOG_FORMAT`, default `pretty`: `pretty` or `json`.
    pub format: Format,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, default none: the collector's base URL for OTLP over
    /// HTTP; spans go to `/v1/traces` below it.
    pub otlp_endpoint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Pretty,
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Format, Self::Err> {
        match text {
            "pretty" => Ok(Format::Pretty),
            "json" => Ok(Format::Json),
            _ => Err("expected pretty or json"),
        }
    }
}

impl Settings {
    pub fn from_env(env: &mut Env) -> Settings {
        Settings {
            filter: env
                .read("RUST_LOG", |text| EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string()))
                .unwrap_or_else(|| "info".to_owned()),
            format: env.or("LOG_FORMAT", Format::Pretty),
            otlp_endpoint: env.optional("OTEL_EXPORTER_OTLP_ENDPOINT"),
        }
    }
}

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("the log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("the OTLP exporter: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("logging was started already: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Delivers what is left when the program ends.
#[derive(Debug)]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sends the last spans. Failing to is logged, nothing more.
    pub fn finish(self) {
        if let Some(error) = self.provider.and_then(|provider| provider.shutdown().err()) {
            tracing::warn!(%error, "the last spans were not delivered");
        }
    }
}

/// Starts logging to standard error, and exporting spans if an endpoint is configured. Needs
/// a Tokio runtime.
///
/// # Errors
/// When a setting is wrong, or logging was started before.
pub fn init(service: &'static str, settings: &Settings) -> Result<Telemetry, TelemetryError> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    let provider = settings.otlp_endpoint.as_deref().map(|endpoint| tracer_provider(service, endpoint)).transpose()?;
    let traces = provider.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer(service)));
    tracing_subscriber::registry().with(filter).with(format_layer(settings.format)).with(traces).try_init()?;
    Ok(Telemetry { provider })
}

fn format_layer<S: Subscriber + for<'a> LookupSpan<'a>>(format: Format) -> Box<dyn Layer<S> + Send + Sync> {
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        Format::Pretty => layer.compact().boxed(),
        Format::Json => layer.json().flatten_event(true).boxed(),
    }
}

fn tracer_provider(service: &'static str, endpoint: &str) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(opentelemetry_http_client())
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    let processor = BatchSpanProcessor::builder(exporter, runtime::Tokio).build();
    Ok(SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_span_processor(processor)
        .build())
}

fn opentelemetry_http_client() -> opentelemetry_http::hyper::HyperClient {
    opentelemetry_http::hyper::HyperClient::with_default_connector(EXPORT_TIMEOUT, None)
}

/// The position that a request sent inside `span` should name; `otherwise` when nothing is
/// exported and spans have no ids.
pub fn position(span: &Span, otherwise: TraceContext) -> TraceContext {
    let context = span.context();
    let own = context.span().span_context().clone();
    if !own.is_valid() {
        return otherwise;
    }
    TraceContext {
        trace_id: u128::from_be_bytes(own.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(own.span_id().to_bytes()),
        sampled: own.is_sampled(),
    }
}

/// Makes `span` a child of the caller's, so that a trace shows edge and origin as one.
pub fn adopt(span: &Span, caller: &TraceContext) {
    let flags = if caller.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let remote =
        SpanContext::new(TraceId::from(caller.trace_id), SpanId::from(caller.span_id), flags, true, TraceState::default());
    // Without an exporter there is no trace to join, which is not worth a word.
    drop(span.set_parent(Context::new().with_remote_span_context(remote)));
}
