//! The alarms that the documents show are those of the rules for Prometheus.

use crate::workspace::{root, text};

/// Of each alarm: what for, and its expression.
type Alarms = Vec<(String, String)>;

#[test]
fn the_documents_show_the_alarms_that_are_shipped() {
    let rules = text(&root().join("deploy/prometheus/alerts.yml"));
    let values = |key: &str| -> Vec<String> {
        rules.lines().filter_map(|line| line.trim().strip_prefix(key)).map(str::to_owned).collect()
    };
    let shipped: Alarms = values("summary: ").into_iter().zip(values("expr: ")).collect();
    assert!(shipped.len() >= 7 && values("- alert: ").len() == shipped.len(), "{shipped:?}");
    assert_eq!(shown("docs/metrics.md", "| when | expression |"), shipped);
    let expressions = |alarms: Alarms| alarms.into_iter().map(|(_, expression)| expression);
    let chinese = expressions(shown("docs/zh/reference/metrics.md", "| 情况 | 表达式 |"));
    assert!(chinese.eq(expressions(shipped)), "the Chinese page has others");
}

/// The rows of the table with this head.
fn shown(document: &str, head: &str) -> Alarms {
    let text = text(&root().join(document));
    let rows = text.lines().skip_while(|line| *line != head).skip(2);
    let row = |line: &str| {
        let cells = line.strip_prefix("| ")?.strip_suffix("` |")?.split_once(" | `")?;
        Some((cells.0.to_owned(), cells.1.to_owned()))
    };
    rows.map_while(row).collect()
}
