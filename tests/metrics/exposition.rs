//! Prometheus's text format, version 0.0.4, read as strictly as `promtool check metrics` reads it.

use std::collections::{BTreeMap, BTreeSet};

/// A metric with all its samples.
#[derive(Debug, Default)]
pub struct Family {
    pub help: String,
    pub kind: String,
    /// Each sample's name, labels (without `le`) and value; of a histogram `_sum` and `_count` too.
    pub samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Family {
    /// The names of the labels, without a histogram's own.
    pub fn label_names(&self) -> BTreeSet<String> {
        let names = self.samples.iter().flat_map(|sample| sample.labels.keys());
        names.filter(|name| *name != "le").cloned().collect()
    }
}

/// All metrics of a text; panics where it breaks a rule of the format, or a convention of names.
pub fn parse(text: &str) -> BTreeMap<String, Family> {
    assert!(text.ends_with('\n'), "the last line has no end");
    let (mut families, mut seen) = (BTreeMap::<String, Family>::new(), BTreeSet::new());
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help has a text");
            assert!(is_name(name) && !help.trim().is_empty(), "{line}");
            assert!(!families.contains_key(name), "{name} stands there twice, or apart");
            current = name.to_owned();
            families.insert(current.clone(), Family { help: help.to_owned(), ..Family::default() });
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type is named");
            assert_eq!(name, current, "the type follows the help");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            let family = families.get_mut(name).unwrap();
            assert!(family.kind.is_empty() && family.samples.is_empty(), "{line}");
            kind.clone_into(&mut family.kind);
        } else {
            let sample = sample(line);
            let family = families.get_mut(&current).expect("a sample follows its type");
            assert!(belongs(&sample.name, &current, &family.kind), "{line} stands in {current}");
            let labels: Vec<_> = sample.labels.clone().into_iter().collect();
            assert!(seen.insert((sample.name.clone(), labels)), "twice: {line}");
            family.samples.push(sample);
        }
    }
    for (name, family) in &families {
        assert!(!family.kind.is_empty() && !family.samples.is_empty(), "{name} is empty");
        check_conventions(name, family);
        if family.kind == "histogram" {
            check_histogram(name, family);
        }
    }
    families
}

fn belongs(sample: &str, family: &str, kind: &str) -> bool {
    match kind {
        "histogram" => ["_bucket", "_sum", "_count"]
            .iter()
            .any(|end| sample.strip_suffix(end).is_some_and(|name| name == family)),
        _ => sample == family,
    }
}

/// Names and units as Prometheus's documentation wants them.
fn check_conventions(name: &str, family: &Family) {
    assert!(name.starts_with("kaipiao_"), "{name}");
    assert_eq!(family.kind == "counter", name.ends_with("_total"), "{name}");
    let units = ["ms", "us", "millis", "minutes", "kb", "mib", "percent"];
    assert!(!name.split('_').any(|word| units.contains(&word)), "{name}: seconds and bytes");
    for sample in &family.samples {
        assert!(!sample.value.is_nan(), "{sample:?}");
        assert!(family.kind == "gauge" || sample.value >= 0.0, "{sample:?}");
    }
    assert!(!family.help.ends_with('.'), "{name}: a help is no sentence");
}

/// Buckets are cumulative, in order, and end with all.
fn check_histogram(name: &str, family: &Family) {
    let without_le = |sample: &Sample| {
        let mut labels = sample.labels.clone();
        labels.remove("le");
        labels
    };
    let series: BTreeSet<_> = family
        .samples
        .iter()
        .map(|sample| without_le(sample).into_iter().collect::<Vec<_>>())
        .collect();
    for series in series {
        let labels: BTreeMap<_, _> = series.into_iter().collect();
        let of = |end: &str| {
            let name = format!("{name}{end}");
            let own = |sample: &&Sample| sample.name == name && without_le(sample) == labels;
            family.samples.iter().filter(own).cloned().collect::<Vec<_>>()
        };
        let (buckets, sums, counts) = (of("_bucket"), of("_sum"), of("_count"));
        assert_eq!((sums.len(), counts.len()), (1, 1), "{name} {labels:?}");
        let bounds: Vec<f64> = buckets.iter().map(|bucket| value(&bucket.labels["le"])).collect();
        assert!(bounds.is_sorted_by(|a, b| a < b), "{name}: {bounds:?}");
        assert!(buckets.is_sorted_by(|a, b| a.value <= b.value), "{name} {labels:?}");
        let last = buckets.last().expect("a histogram has buckets");
        assert_eq!((&*last.labels["le"], last.value), ("+Inf", counts[0].value), "{name}");
    }
}

fn is_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}

fn sample(line: &str) -> Sample {
    let (head, number) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let (name, labels) = match head.split_once('{') {
        Some((name, labels)) => (name, read_labels(labels.strip_suffix('}').expect("it ends"))),
        None => (head, BTreeMap::new()),
    };
    assert!(is_name(name), "{line}");
    Sample { name: name.to_owned(), labels, value: value(number) }
}

fn value(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number.parse().unwrap_or_else(|_| panic!("no number: {number}")),
    }
}

fn read_labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").expect("a label has a quoted value");
        assert!(is_name(name) && !name.contains(':') && !name.starts_with("__"), "{name}");
        let (value, rest) = read_value(rest);
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} twice");
        text = match rest {
            "" => "",
            more => more.strip_prefix(',').expect("a comma stands between labels"),
        };
    }
    labels
}

/// A value up to its quotation mark, and what follows it.
fn read_value(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return (value, &text[place + 1..]),
            '\\' => value.push(match chars.next().expect("something is escaped").1 {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                other => panic!("an unknown escape: {other}"),
            }),
            c => value.push(c),
        }
    }
    panic!("a label's value has no end: {text}")
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::panic::catch_unwind;

    #[test]
    fn what_breaks_the_format_is_found() {
        let good = "# HELP kaipiao_x_total x\n# TYPE kaipiao_x_total counter\nkaipiao_x_total{a=\"b\\\"\\n\"} 1\n";
        assert_eq!(parse(good)["kaipiao_x_total"].samples[0].labels["a"], "b\"\n");
        for bad in [
            good.trim_end().to_owned(),
            format!("{good}kaipiao_x_total{{a=\"b\\\"\\n\"}} 2\n"),
            format!("{good}{good}"),
            good.replace("# TYPE kaipiao_x_total counter\n", ""),
            good.replace("_total", ""),
            good.replace(" 1\n", " one\n"),
            good.replace("a=", "a-b="),
            good.replace("counter", "histogram"),
        ] {
            assert!(catch_unwind(|| parse(&bad)).is_err(), "{bad}");
        }
    }
}
