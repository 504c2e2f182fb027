//! What all name spaces of a server share: it is large, or knows nothing of a store.

use super::error::ComposeError;
use crate::READ_PDF;
use crate::connections::Connections;
use crate::settings::{Files, Render, Settings, SettingsError};
use kaipiao_app::invoicing::documents::DocumentMemory;
use kaipiao_http::BodyBudget;
use kaipiao_pdf_reader::{ChildReader, Program};
use kaipiao_ports::delivery::sender::Sender;
use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_ports::platform::pdf_reader::PdfReader;
use kaipiao_render::{FaceRenderer, Fonts};
use kaipiao_sender::HttpSender;
use std::path::PathBuf;
use std::sync::Arc;

/// Parts of every name space.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) sender: Arc<dyn Sender>,
    pub(super) renderer: Arc<dyn Renderer>,
    pub(super) pdf_reader: Arc<dyn PdfReader>,
    pub(super) documents: Arc<DocumentMemory>,
    pub(super) connections: Connections,
    /// Memory of what is sent to all of them together.
    pub(super) bodies: Arc<BodyBudget>,
    pub(super) uploads: Arc<BodyBudget>,
}

impl Shared {
    pub(super) fn new(settings: &Settings) -> Result<Self, ComposeError> {
        let sender = HttpSender::new(settings.push.sender(settings.is_closed_sandbox())?)?;
        Ok(Self {
            sender: Arc::new(sender),
            renderer: Arc::new(renderer(&settings.render)?),
            pdf_reader: Arc::new(ChildReader::new(pdf_program(&settings.files))),
            documents: Arc::default(),
            connections: Connections::new(settings.limits.connections),
            bodies: Arc::new(BodyBudget::new(settings.limits.body_bytes)),
            uploads: Arc::new(BodyBudget::for_uploads()),
        })
    }
}

/// What reads PDFs: this program itself, also once its file was replaced by a newer one.
fn pdf_program(files: &Files) -> Program {
    let path = files.reader.clone().unwrap_or_else(|| PathBuf::from("/proc/self/exe"));
    Program { path, arguments: vec![READ_PDF.into()] }
}

/// What draws invoices: with the operator's fonts and short names of tax codes.
pub(crate) fn renderer(render: &Render) -> Result<FaceRenderer, SettingsError> {
    let renderer = FaceRenderer::new(Fonts::new(render.font_files()?));
    let unprintable = |problem| SettingsError::Malformed(render.categories.clone(), problem);
    renderer.with_categories(render.category_table()?).map_err(unprintable)
}
