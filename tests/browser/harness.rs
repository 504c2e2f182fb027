//! A real Chromium, driven as a person uses it: it clicks, types and reads.
//!
//! Every page that a test shows to the camera (`Browser::shoot`) is also read by axe-core, and its
//! picture is kept in `target/tmp/screenshots`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaipiao_tests::PATIENCE;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

/// Between two looks at a page: each keeps the browser from what it is waited for.
const PAUSE: Duration = Duration::from_millis(25);

/// How a browser looks at the pages.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// CSS pixels.
    pub width: u32,
    /// `zh-CN` or `en`.
    pub lang: &'static str,
    /// Do scripts run?
    pub scripts: bool,
}

/// A phone in Chinese.
pub const PHONE: Look = Look { width: 360, lang: "zh-CN", scripts: true };
/// A desktop computer in English.
pub const DESKTOP: Look = Look { width: 1280, lang: "en", scripts: true };
/// Both languages on both, each with scripts and without.
pub const DESK_AND_PHONE: [Look; 4] = [
    DESKTOP,
    PHONE,
    Look { lang: "zh-CN", scripts: false, ..DESKTOP },
    Look { lang: "en", scripts: false, ..PHONE },
];

/// A browser that runs until it is closed.
pub struct Browser {
    driver: WebDriver,
    look: Look,
    is_dark: AtomicBool,
    _chromedriver: Chromedriver,
    _profile: tempfile::TempDir,
}

/// chromedriver, on a free port; it dies with its browser.
struct Chromedriver(Child);

/// So often its start is tried: it looks for a port that is free of both versions of IP, and ends when somebody takes that
/// first.
const STARTS: usize = 5;

impl Chromedriver {
    /// Starts it: itself, and its port. None: it has ended without one.
    fn start() -> Option<(Self, u16)> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: cargo xtask test does it");
        let mut lines =
            BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let chromedriver = Self(process);
        let port = lines.find_map(|line| {
            let (_, rest) = line.split_once("started successfully on port ")?;
            rest.trim_end_matches('.').parse::<u16>().ok()
        })?;
        // Whatever else it says is read, so that its pipe never fills up.
        std::thread::spawn(move || lines.for_each(drop));
        Some((chromedriver, port))
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Opens a browser.
    pub async fn open(look: Look) -> Self {
        let (chromedriver, port) =
            (0..STARTS).find_map(|_| Chromedriver::start()).expect("chromedriver says its port");
        let profile = tempfile::tempdir().unwrap();
        let capabilities = capabilities(look, profile.path()).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await;
        let driver = driver.expect("chromium starts");
        let is_dark = AtomicBool::new(false);
        let browser =
            Self { driver, look, is_dark, _chromedriver: chromedriver, _profile: profile };
        browser.resize(780).await;
        browser.go("data:text/html,<noscript>no scripts</noscript>").await;
        let runs_none = browser.text().await.contains("no scripts");
        assert_eq!(runs_none, !look.scripts, "the look's scripts are as it says");
        browser
    }

    /// A window of the look's width and this height, in CSS pixels.
    async fn resize(&self, height: u64) {
        let is_phone = self.look.width < 500;
        let window = json!({
            "width": self.look.width, "height": height,
            "deviceScaleFactor": if is_phone { 2 } else { 1 }, "mobile": is_phone,
        });
        let cdp = self.driver.cdp();
        cdp.send_raw("Emulation.setDeviceMetricsOverride", window).await.unwrap();
    }

    /// Closes it.
    pub async fn close(self) {
        self.driver.quit().await.unwrap();
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        // From elsewhere: an address that differs by its fragment only is not loaded again.
        self.driver.goto("about:blank").await.unwrap();
        self.driver.goto(url).await.unwrap();
    }

    /// Where it is.
    pub async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// All that a person can read on the page.
    pub async fn text(&self) -> String {
        let mut polls = tokio::time::interval(PAUSE);
        loop {
            polls.tick().await;
            // A page that is just being replaced has no text; the next one has.
            if let Ok(text) = self.find("body").await.text().await {
                return text;
            }
        }
    }

    /// The element of a CSS selector; waits for it.
    pub async fn find(&self, css: &str) -> WebElement {
        self.find_by(By::Css(css)).await
    }

    async fn find_by(&self, by: By) -> WebElement {
        let (started, mut polls) = (Instant::now(), tokio::time::interval(PAUSE));
        loop {
            polls.tick().await;
            if let Ok(element) = self.driver.find(by.clone()).await {
                return element;
            }
            if started.elapsed() > PATIENCE {
                let source = self.driver.source().await.unwrap_or_default();
                panic!("no {by:?} on {}: {source}", self.address().await);
            }
        }
    }

    /// Is there such an element right now?
    pub async fn has(&self, css: &str) -> bool {
        self.driver.find(By::Css(css)).await.is_ok()
    }

    /// Clicks what stays on the page: a tab, a box to tick, a list to open.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.click().await.unwrap();
    }

    /// Clicks what leads to another page, and waits until this one is gone.
    pub async fn submit(&self, css: &str) {
        self.leave_by(self.find(css).await).await;
    }

    /// Clicks the button or link with these words, which leads to another page.
    pub async fn press(&self, words: &str) {
        let path = format!(
            "//*[self::button or self::a][not(@aria-hidden)][contains(normalize-space(.), '{words}')]"
        );
        self.leave_by(self.find_by(By::XPath(path)).await).await;
    }

    async fn leave_by(&self, element: WebElement) {
        let page = self.find("html").await;
        element.click().await.unwrap();
        self.until("the page is left", async || !page.is_present().await.unwrap_or(false)).await;
    }

    /// Runs a script on the page.
    pub async fn runs(&self, script: &str) {
        self.driver.execute(script, Vec::new()).await.unwrap();
    }

    /// How many windows there are.
    pub async fn windows(&self) -> usize {
        self.driver.windows().await.unwrap().len()
    }

    /// Clicks what opens a window, and goes on in that.
    pub async fn click_and_follow(&self, css: &str) {
        self.click(css).await;
        self.until("a window opens", async || self.windows().await == 2).await;
        let newest = self.driver.windows().await.unwrap().pop().unwrap();
        self.driver.switch_to_window(newest).await.unwrap();
    }

    /// Clicks the button with these words, which closes this window, and goes on in the one that opened it.
    pub async fn press_and_return(&self, words: &str) {
        let path = format!("//button[contains(normalize-space(.), '{words}')]");
        self.find_by(By::XPath(path)).await.click().await.unwrap();
        self.return_once_closed().await;
    }

    /// Waits until this window is closed, and goes on in the first one.
    pub async fn return_once_closed(&self) {
        let (started, mut polls) = (Instant::now(), tokio::time::interval(PAUSE));
        // Not by `until`, which reads the page that is gone.
        while self.windows().await > 1 {
            polls.tick().await;
            assert!(started.elapsed() < PATIENCE, "the window stays open");
        }
        let first = self.driver.windows().await.unwrap().remove(0);
        self.driver.switch_to_window(first).await.unwrap();
    }

    /// Closes this window as a person does, and goes on in the one that opened it.
    pub async fn close_window(&self) {
        self.driver.close_window().await.unwrap();
        self.return_once_closed().await;
    }

    /// Types into a field, in the place of what stood there.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.field(name).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// What stands in a field.
    pub async fn filled(&self, name: &str) -> String {
        self.field(name).await.value().await.unwrap().unwrap_or_default()
    }

    /// The field of a form with that name.
    pub async fn field(&self, name: &str) -> WebElement {
        self.find(&format!("[name='{name}']")).await
    }

    /// Waits until it is so.
    pub async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let (started, mut polls) = (Instant::now(), tokio::time::interval(PAUSE));
        while !is_so().await {
            polls.tick().await;
            if started.elapsed() > PATIENCE {
                panic!(
                    "not within {PATIENCE:?}: {what}; at {}: {}",
                    self.address().await,
                    self.text().await
                );
            }
        }
    }

    /// Waits until a person can read these words.
    pub async fn says(&self, words: &str) {
        self.until(words, async || self.text().await.contains(words)).await;
    }

    /// Keeps a page that asks again by itself from doing so.
    pub async fn holds_still(&self) {
        self.runs("window.stop()").await;
    }

    /// Takes a picture of the whole page, and lets axe look for what hinders people.
    pub async fn shoot(&self, name: &str) {
        self.shoot_dense(name).await;
        self.fits_a_finger(name).await;
        self.main_buttons_are_readable(name).await;
    }

    /// The same of a page for a desk, where a mouse points: on a phone it must fit a finger too.
    pub async fn shoot_dense(&self, name: &str) {
        let script = "return document.documentElement.scrollHeight";
        let height = self.driver.execute(script, Vec::new()).await.unwrap();
        self.resize(height.json().as_u64().unwrap()).await;
        let picture = self.driver.screenshot_as_png().await.unwrap();
        self.resize(780).await;
        let file = format!("{name}-{}-{}.png", self.look.width, &self.look.lang[..2]);
        std::fs::write(screenshots().join(file), picture).unwrap();
        self.fits_its_width(name).await;
        if self.look.width == PHONE.width {
            self.fits_a_finger(name).await;
        }
        // axe is a script, and needs timers.
        if self.look.scripts {
            self.axe(name).await;
        }
    }

    /// Nothing sticks out sideways. The window itself is no measure: a phone's is as wide as its page.
    async fn fits_its_width(&self, name: &str) {
        let script = "return document.documentElement.scrollWidth";
        let page = self.driver.execute(script, Vec::new()).await.unwrap();
        let (page, window) = (page.json().as_f64().unwrap(), f64::from(self.look.width));
        assert!(page <= window, "{name} is {page} wide in a window of {window}");
    }

    /// Whatever is tapped is 44 px wide and high.
    async fn fits_a_finger(&self, name: &str) {
        let script = "return [...document.querySelectorAll('a, button, summary, .check, .tabs label, .field input')].filter(e => e.offsetParent && !e.classList.contains('vh')).map(e => [e.getBoundingClientRect(), e]).filter(([r]) => Math.min(r.width, r.height) < 44).map(([r, e]) => `${r.width} x ${r.height}: ${e.outerHTML}`)";
        let found = self.driver.execute(script, Vec::new()).await.unwrap();
        let small: Vec<String> = serde_json::from_value(found.json().clone()).unwrap();
        assert!(small.is_empty(), "too small for a finger on {name}: {small:#?}");
    }

    /// White, bold text of 19 px on a green that leaves it a contrast of 3 : 1 (WCAG 1.4.3).
    async fn main_buttons_are_readable(&self, name: &str) {
        let script = "return [...document.querySelectorAll('.primary')].map(e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.fontSize, s.fontWeight] })";
        let found = self.driver.execute(script, Vec::new()).await.unwrap();
        let buttons: Vec<[String; 4]> = serde_json::from_value(found.json().clone()).unwrap();
        for [text, ground, size, weight] in buttons {
            assert_eq!(text, "rgb(255, 255, 255)", "{name}");
            assert!(contrast(&text, &ground) >= 3.0, "{name}: {text} on {ground}");
            assert!(size.trim_end_matches("px").parse::<f64>().unwrap() >= 19.0, "{name}: {size}");
            assert!(weight.parse::<u32>().unwrap() >= 700, "{name}: {weight}");
        }
    }

    async fn axe(&self, name: &str) {
        let is_there = self.driver.execute("return 'axe' in window", Vec::new()).await.unwrap();
        if is_there.json() == &json!(false) {
            let source = std::fs::read_to_string(axe_path())
                .expect("axe-core is installed: cargo xtask test does it");
            self.driver.execute(source, Vec::new()).await.unwrap();
        }
        // In the dark the same page has other colours, and nothing else.
        let rules = match self.is_dark.load(Ordering::Relaxed) {
            true => json!(["color-contrast"]),
            false => serde_json::Value::Null,
        };
        let script = "const [rules, done] = arguments; axe.run({resultTypes: ['violations'], ...(rules ? {runOnly: rules} : {})}).then(r => done(r.violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | '))))";
        let found = self.driver.execute_async(script, vec![rules]).await.unwrap();
        let faults: Vec<String> = serde_json::from_value(found.json().clone()).unwrap();
        assert!(faults.is_empty(), "axe on {name} ({:?}): {faults:#?}", self.look);
    }

    /// From now on the browser asks for dark pages.
    pub async fn goes_dark(&self) {
        self.is_dark.store(true, Ordering::Relaxed);
        self.prefers("dark").await;
    }

    /// From now on the browser asks for light pages.
    pub async fn goes_light(&self) {
        self.is_dark.store(false, Ordering::Relaxed);
        self.prefers("light").await;
    }

    async fn prefers(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    }

    /// Is the page's ground dark?
    pub async fn is_dark(&self) -> bool {
        let script = "return getComputedStyle(document.body).backgroundColor";
        let ground = self.driver.execute(script, Vec::new()).await.unwrap();
        contrast(ground.json().as_str().unwrap(), "rgb(255, 255, 255)") > 10.0
    }

    /// The page as it is printed on A4: how many sheets, and their text.
    pub async fn printed(&self, name: &str) -> (u32, String) {
        let paper = json!({"paperWidth": 8.27, "paperHeight": 11.69});
        let printed = self.driver.cdp().send_raw("Page.printToPDF", paper).await.unwrap();
        let file = screenshots().join(format!("{name}.pdf"));
        std::fs::write(&file, STANDARD.decode(printed["data"].as_str().unwrap()).unwrap()).unwrap();
        let read = |program: &str, more: &[&str]| {
            let output = Command::new(program).arg(&file).args(more).output();
            String::from_utf8(output.expect("poppler-utils is installed").stdout).unwrap()
        };
        let info = read("pdfinfo", &[]);
        let sheets = info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap();
        (sheets.trim().parse().unwrap(), read("pdftotext", &["-"]))
    }

    /// Whether all that an element holds can be seen.
    pub async fn shows_whole(&self, css: &str) -> bool {
        let element = self.find(css).await;
        let [text, room] = ["scrollWidth", "clientWidth"].map(|width| element.prop(width));
        text.await.unwrap() == room.await.unwrap()
    }

    /// What the style writes before an element's own text, quoted.
    pub async fn written_before(&self, css: &str) -> String {
        let element = self.find(css).await.to_json().unwrap();
        let script = "return getComputedStyle(arguments[0], '::before').content";
        let written = self.driver.execute(script, vec![element]).await.unwrap();
        written.json().as_str().unwrap().to_owned()
    }

    /// The window's title.
    pub async fn title(&self) -> String {
        self.driver.title().await.unwrap()
    }

    /// How many pixels are between the text of a field that has the focus and the frame around it.
    pub async fn room_within_the_frame(&self, name: &str) -> f64 {
        self.field(name).await.focus().await.unwrap();
        let script = "const s = getComputedStyle(document.activeElement); return parseFloat(s.paddingLeft) + parseFloat(s.outlineOffset)";
        self.driver.execute(script, Vec::new()).await.unwrap().json().as_f64().unwrap()
    }

    /// Presses keys, wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        self.driver.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Goes to an element that leads to another page by the tab key, and presses Enter there.
    pub async fn enters(&self, css: &str) {
        let script = format!("return document.activeElement.matches(\"{css}\")");
        let is_there = async || {
            let found = self.driver.execute(&*script, Vec::new()).await.unwrap();
            found.json().as_bool().unwrap()
        };
        for _ in 0..60 {
            if is_there().await {
                let page = self.find("html").await;
                self.keys("\u{e007}").await;
                let is_left = async || !page.is_present().await.unwrap_or(false);
                return self.until("the page is left", is_left).await;
            }
            self.keys("\u{e004}").await;
        }
        panic!("no tab leads to {css} on {}", self.address().await);
    }

    /// The name of the element that has the focus.
    pub async fn focus(&self) -> String {
        let element = self.driver.active_element().await.unwrap();
        element.attr("name").await.unwrap().unwrap_or_default()
    }
}

/// The contrast of two colours (WCAG 2.2), each as a browser writes it: `rgb(5, 154, 76)`.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |color: &str| {
        let (_, parts) = color.trim_end_matches(')').split_once('(').unwrap();
        let mut channels = parts.split(',').map(|part| {
            let channel = part.trim().parse::<f64>().unwrap() / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        [0.2126, 0.7152, 0.0722].iter().map(|weight| weight * channels.next().unwrap()).sum::<f64>()
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What the pages look like is kept here.
fn screenshots() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn axe_path() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../npm/node_modules/axe-core/axe.min.js")
}

fn capabilities(look: Look, profile: &Path) -> WebDriverResult<ChromeCapabilities> {
    let mut chrome = DesiredCapabilities::chrome();
    for argument in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--disable-extensions",
        // All pages of a test are of one server: a process for each navigation takes a third of the stage's time.
        "--disable-site-isolation-trials",
        "--renderer-process-limit=1",
        "--in-process-gpu",
    ] {
        chrome.add_arg(argument)?;
    }
    chrome.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    chrome.add_arg(&format!("--window-size={},900", look.width))?;
    chrome.add_arg(&format!("--accept-lang={}", look.lang))?;
    let mut preferences = json!({"intl.accept_languages": look.lang});
    if !look.scripts {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    chrome.add_experimental_option("prefs", preferences)?;
    Ok(chrome)
}
