//! The renderer of invoices: the port over the faces and the backends.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_ports::invoicing::renderer::Renderer;

use crate::category::Categories;
use crate::dates::in_china;
use crate::drawing::Page;
use crate::einvoice;
use crate::face::pages;
use crate::font::Fonts;
use crate::pdf::{self, Attachment, Properties};
use crate::subject::Subject;
use crate::svg::svg;

/// A renderer of invoices with the face that people know, 210 × 140 mm.
#[derive(Debug, Default)]
pub struct FaceRenderer {
    fonts: Fonts,
    categories: Categories,
}

impl FaceRenderer {
    /// A renderer with these typefaces.
    #[must_use]
    pub const fn new(fonts: Fonts) -> Self {
        Self { fonts, categories: Categories::EMPTY }
    }

    /// The same with an operator's table of short names.
    ///
    /// # Errors
    /// A name that none of the fonts can print, with its code and the character.
    pub fn with_categories(self, categories: Categories) -> Result<Self, String> {
        let can_print = |character| self.fonts.has_glyph(character);
        if let Some((code, name, character)) = categories.unprintable(can_print) {
            return Err(format!(
                "the short name {name:?} of {code} has {character:?}, which no font has; add one to render.fonts"
            ));
        }
        Ok(Self { categories, ..self })
    }

    /// Every page as a standalone SVG document.
    #[must_use]
    pub fn svg(
        &self,
        request: &InvoiceRequest,
        content: &Content,
        invoice: &IssuedInvoice,
    ) -> Vec<String> {
        let fonts = self.fonts.for_document();
        let pages = pages(&fonts, Subject { request, content, invoice });
        let name = invoice.number.face().title();
        pages.map(|page| svg(&fonts, &page, name)).collect()
    }
}

impl Renderer for FaceRenderer {
    fn can_print(&self, character: char) -> bool {
        self.fonts.has_glyph(character)
    }

    fn category_of(&self, tax_code: &str) -> Option<&str> {
        self.categories.short_name(tax_code)
    }

    fn pdf(&self, request: &InvoiceRequest, content: &Content, invoice: &IssuedInvoice) -> Vec<u8> {
        let subject = Subject { request, content, invoice };
        let fonts = self.fonts.for_document();
        let pages: Vec<Page> = pages(&fonts, subject).collect();
        pdf::write(&fonts, &pages, &properties(subject))
    }

    fn picture(
        &self,
        request: &InvoiceRequest,
        content: &Content,
        invoice: &IssuedInvoice,
    ) -> String {
        let subject = Subject { request, content, invoice };
        let fonts = self.fonts.for_document();
        let first = pages(&fonts, subject).next();
        first.map(|page| svg(&fonts, &page, invoice.number.face().title())).unwrap_or_default()
    }
}

fn properties(subject: Subject) -> Properties {
    let Subject { content, invoice, .. } = subject;
    let number = &invoice.number;
    let fields = fields(subject);
    let title = number.face().title().to_owned();
    let digits = number.joined();
    Properties {
        subject: format!("{title} {} {}", number.code(), number.number()),
        author: content.seller.name.clone(),
        keywords: format!("{digits}, {}, {}", content.buyer.name, content.gross),
        attachment: Attachment {
            name: format!("{digits}.xml"),
            description: title.clone(),
            xml: einvoice::xml(subject),
        },
        title,
        fields,
    }
}

/// The fields of an invoice that accounting programs look for.
fn fields(subject: Subject) -> Vec<(&'static str, String)> {
    let Subject { content, invoice, .. } = subject;
    let mut fields = vec![
        ("InvoiceCode", invoice.number.code().to_owned()),
        ("InvoiceNumber", invoice.number.number().to_owned()),
        ("CheckCode", invoice.check_code.clone()),
        ("IssueTime", in_china(invoice.at).strftime("%F %T").to_string()),
        ("SellerName", content.seller.name.clone()),
        ("SellerIdNum", content.seller.tax_id.clone()),
        ("BuyerName", content.buyer.name.clone()),
        ("BuyerIdNum", content.buyer.tax_id.clone()),
        ("TotalAmWithoutTax", content.net.to_string()),
        ("TotalTaxAm", content.tax.to_string()),
        ("TotalTaxIncludedAmount", content.gross.to_string()),
    ];
    fields.retain(|(_, value)| !value.is_empty());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_that_no_font_has_is_refused_by_its_code() {
        let table = |csv: &str| Categories::read(csv.as_bytes()).unwrap();
        let with = |csv| FaceRenderer::default().with_categories(table(csv)).map(|_| ());
        assert_eq!(with("1,饮料\n2,运输服务"), Ok(()));
        let problem = with("1,饮料\n10904,\u{2A6A5}类").unwrap_err();
        assert!(problem.contains("of 10904 has") && problem.contains("render.fonts"), "{problem}");
    }
}
