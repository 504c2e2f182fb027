//! The filter of the log, which can be changed while the server runs. A process has one log, whatever servers are in it.

use kaipiao_http::{LogFilter, SPAN_TARGET};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing_subscriber::filter::{Directive, EnvFilter, LevelFilter};
use tracing_subscriber::{Registry, reload};

/// Characters that a filter has at most: each of its directives is looked at for each new place in the source.
const MOST_CHARS: usize = 1000;

/// The log's filter; empty in a process that has started no log.
static FILTER: OnceLock<Arc<Filter>> = OnceLock::new();

struct Filter {
    text: Mutex<String>,
    handle: reload::Handle<EnvFilter, Registry>,
}

/// The filter that a log starts with.
pub(crate) fn start(text: &str) -> Result<reload::Layer<EnvFilter, Registry>, String> {
    let (layer, handle) = reload::Layer::new(read(text)?);
    // A second log of a process is refused where it is made.
    let _ = FILTER.set(Arc::new(Filter { text: Mutex::new(text.to_owned()), handle }));
    Ok(layer)
}

/// What changes this process's log; None: it has none.
pub(crate) fn running() -> Option<Arc<dyn LogFilter>> {
    FILTER.get().map(|filter| Arc::clone(filter) as Arc<dyn LogFilter>)
}

impl LogFilter for Filter {
    fn current(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, text: &str) -> Result<(), String> {
        let filter = read(text)?;
        let mut current = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        // Said while the old filter holds: the new one may let nothing through.
        tracing::warn!(before = &**current, now = text, "the log's filter is changed");
        self.handle.reload(filter).map_err(|error| error.to_string())?;
        text.clone_into(&mut current);
        Ok(())
    }
}

/// Reads a filter; an error names the part that is wrong.
fn read(text: &str) -> Result<EnvFilter, String> {
    if text.trim().is_empty() {
        return Err("it is empty; \"error\" logs errors alone, \"off\" nothing".to_owned());
    }
    if text.chars().count() > MOST_CHARS {
        return Err(format!("it has more than {MOST_CHARS} characters"));
    }
    let parts = || text.split(',').map(str::trim);
    // Taken for the name of a part of the program, of which everything is logged, and of the rest nothing.
    let is_lone_word = |part: &&str| {
        let is_target = !part.contains(['=', '[', ']', '{', '}']);
        // The library takes an empty part for a level too.
        is_target && (part.is_empty() || part.parse::<LevelFilter>().is_err())
    };
    let has_fields = text.contains('{');
    if let Some(word) = parts().find(is_lone_word).filter(|_| !has_fields) {
        return Err(format!(
            "\"{}\" is no level; write error, warn, info, debug, trace or off, or target=level",
            word.escape_debug()
        ));
    }
    // A field's value may hold commas and blanks; a target with a blank before it would match nothing.
    let trimmed = parts().collect::<Vec<_>>().join(",");
    let filter = EnvFilter::try_new(if has_fields { text } else { &trimmed }).map_err(|error| {
        let wrong = parts().find(|part| part.parse::<Directive>().is_err());
        format!("\"{}\": {error}", wrong.unwrap_or(text).escape_debug())
    })?;
    // Whatever lines of a request the filter lets through, each has its rid.
    let rids = format!("{SPAN_TARGET}=error").parse();
    Ok(filter.add_directive(rids.expect("a target and a level")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_is_refused_with_the_part_that_is_wrong() {
        for (text, words) in [
            ("info,kaipiao_app=loud", "\"kaipiao_app=loud\""),
            ("debgu", "\"debgu\" is no level"),
            ("info,,debug", "\"\" is no level"),
            ("info,kaipiao_http", "\"kaipiao_http\" is no level"),
            (" ", "it is empty"),
            (&"x".repeat(MOST_CHARS + 1), "more than 1000 characters"),
        ] {
            let error = read(text).map(|filter| filter.to_string()).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        for text in [
            "info",
            "off",
            "info,kaipiao_app=debug",
            "warn, kaipiao_http=trace",
            "4",
            "[request{rid=5}]=debug",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }
}
