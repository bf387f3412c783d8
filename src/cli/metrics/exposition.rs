//! The text format of Prometheus, version 0.0.4, as node_exporter's textfile collector reads it:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>. The collector refuses a file with
//! timestamps, so there are none.

use std::fmt::Write as _;

use crate::cli::metrics::MetricKind;
use crate::cli::metrics::MetricSample;

/// How each file of metrics begins. A file that begins otherwise is not one, and is not replaced.
pub const BEGINNING: &str = "# HELP cxme_admin_";

/// Samples as text. Those of one metric follow each other, as the format requires. Names, helps and labels are words of the
/// program, none of which holds a character to be escaped.
pub fn text(samples: &[MetricSample]) -> String {
    let mut text = String::new();
    let mut before = "";
    // A text in memory takes every write.
    for MetricSample { metric, label, value } in samples {
        let name = metric.name;
        if before != name {
            let kind = match metric.kind {
                MetricKind::Gauge => "gauge",
                MetricKind::Counter => "counter",
            };
            let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", metric.help);
            before = name;
        }
        let _ = match metric.label {
            "" => writeln!(text, "{name} {value}"),
            label_name => writeln!(text, "{name}{{{label_name}=\"{label}\"}} {value}"),
        };
    }
    text
}
