//! A browser without a window that is asked over a pipe what it makes of a page (Chrome `DevTools` protocol).

use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a browser made of a page.
pub(crate) struct Seen {
    /// Names in the accessibility tree, in its order: what a screen reader can say.
    pub(crate) names: Vec<String>,
    /// Addresses that were asked for.
    pub(crate) requests: Vec<String>,
    /// What the console has to say.
    pub(crate) console: Vec<String>,
    /// Width that is needed at each of the widths that were asked about, in pixels, with all details open.
    pub(crate) needed: Vec<u64>,
}

struct Browser {
    child: Child,
    to: File,
    from: Receiver<Value>,
    session: Option<String>,
    number: u64,
    events: Vec<Value>,
}

/// Opens a page, at each of these widths in turn; nothing where there is no browser.
pub(crate) fn look(page: &Path, widths: &[u64]) -> Option<Seen> {
    let mut browser = Browser::start()?;
    let targets = browser.ask("Target.getTargets", json!({}));
    let all = targets["targetInfos"].as_array().unwrap();
    let target = all.iter().find(|target| target["type"] == "page").unwrap();
    let attached = browser
        .ask("Target.attachToTarget", json!({ "targetId": target["targetId"].clone(), "flatten": true }));
    browser.session = attached["sessionId"].as_str().map(str::to_owned);
    for domain in ["Page", "Network", "Runtime", "Log", "Accessibility"] {
        browser.ask(&format!("{domain}.enable"), json!({}));
    }
    browser.ask("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
    browser.wait_for("Page.loadEventFired");
    let tree = browser.ask("Accessibility.getFullAXTree", json!({}));
    let open =
        json!({ "expression": "document.querySelectorAll('details').forEach(one => { one.open = true; })" });
    browser.ask("Runtime.evaluate", open);
    let needed = widths
        .iter()
        .map(|width| {
            let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
            browser.ask("Emulation.setDeviceMetricsOverride", size);
            let width = json!({ "expression": "document.documentElement.scrollWidth" });
            browser.ask("Runtime.evaluate", width)["result"]["value"].as_u64().unwrap()
        })
        .collect();
    let spoken = |node: &Value| {
        let name = node["name"]["value"].as_str().filter(|name| !name.is_empty())?;
        (node["ignored"] == false).then(|| name.to_owned())
    };
    let names = tree["nodes"].as_array().unwrap().iter().filter_map(spoken).collect();
    let of = |method: &str, field: &dyn Fn(&Value) -> String| -> Vec<String> {
        browser.events.iter().filter(|e| e["method"] == method).map(|e| field(&e["params"])).collect()
    };
    let requests = of("Network.requestWillBeSent", &|params| params["request"]["url"].to_string());
    let console = [
        of("Runtime.consoleAPICalled", &|params| params["args"].to_string()),
        of("Runtime.exceptionThrown", &|params| params["exceptionDetails"].to_string()),
        of("Log.entryAdded", &|params| params["entry"].to_string()),
    ]
    .concat();
    Some(Seen { names, requests, console, needed })
}

impl Browser {
    fn start() -> Option<Self> {
        let name = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
            let output = Command::new(name).arg("--version").output();
            output.is_ok_and(|output| output.status.success())
        })?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let [to, from] = ["to", "from"].map(|name| folder.join(name));
        assert!(Command::new("mkfifo").arg(&to).arg(&from).status().unwrap().success(), "mkfifo");
        // The browser reads what it is asked from file 3 and writes what it answers to file 4.
        let child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<\"$TO\" 4>\"$FROM\"", name])
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .arg("about:blank")
            .env("TO", &to)
            .env("FROM", &from)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Each end waits for the other, in the order of the shell.
        let to = OpenOptions::new().write(true).open(to).unwrap();
        let answers = BufReader::new(File::open(from).unwrap());
        let (sender, from) = channel();
        thread::spawn(move || {
            for message in answers.split(0).map_while(Result::ok) {
                let read = serde_json::from_slice(&message).is_ok_and(|read| sender.send(read).is_ok());
                if !read {
                    break;
                }
            }
        });
        Some(Self { child, to, from, session: None, number: 0, events: Vec::new() })
    }

    /// Sends a command and returns what is answered; what happens until then is kept.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{method}: no answer"));
            if answer["id"] == self.number {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn wait_for(&mut self, event: &str) {
        while self.events.iter().all(|seen| seen["method"] != event) {
            let next = self.from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{event} did not come"));
            self.events.push(next);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
