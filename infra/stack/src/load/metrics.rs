//! What edges and the origin say of themselves.

use std::time::Duration;

use crate::error::Result;
use crate::http::Call;
use crate::system::{Edge, Ground, Origin};
use crate::wan::Node;

const LIMIT: Duration = Duration::from_secs(10);

/// All metrics of an edge, in Prometheus's words.
pub fn read(edge: &Edge, ground: Ground) -> Result<String> {
    read_at(&Node::of_edge(&edge.region)?, &edge.admin_url, ground)
}

/// Those of the origin.
pub fn read_origin(origin: &Origin, ground: Ground) -> Result<String> {
    read_at(&Node::Origin, &origin.admin_url, ground)
}

fn read_at(node: &Node, admin_url: &str, ground: Ground) -> Result<String> {
    let url = format!("{admin_url}/metrics");
    ground.at(node, || Ok(Call::get(&url).limit(LIMIT).send()?.expect(200)?.text()))
}

/// All series of one metric, or the one series that is named with its labels.
pub fn sum(text: &str, metric: &str) -> f64 {
    let lines = text.lines().filter_map(|line| line.strip_prefix(metric));
    let ours = lines.filter(|rest| rest.starts_with([' ', '{']));
    ours.filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_series() {
        let text = "# HELP edge_x x\nedge_x_count{a=\"1\"} 3\nedge_x_count{a=\"2\"} 4\nedge_x_counted 9\nedge_x_count 1.5\n";
        assert_eq!((sum(text, "edge_x_count"), sum(text, "edge_x_count{a=\"2\"}"), sum(text, "edge_y")), (8.5, 4.0, 0.0));
    }
}
