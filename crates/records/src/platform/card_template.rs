//! Card templates.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::card::CardId;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::platform::card_template::{CardLink, CardTemplate, TemplateFace};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A template's key.
pub fn card_template_key(platform: &AppId, card_id: &CardId) -> Key {
    let (owner, id) = (platform.to_string(), card_id.as_str().to_owned());
    Key { kind: Kind::CardTemplate, owner, id }
}

#[derive(Serialize, Deserialize)]
struct LinkShape {
    name: String,
    url: String,
    sub_title: String,
}

impl From<&CardLink> for LinkShape {
    fn from(link: &CardLink) -> Self {
        let CardLink { name, url, sub_title } = link.clone();
        Self { name, url, sub_title }
    }
}

impl From<LinkShape> for CardLink {
    fn from(LinkShape { name, url, sub_title }: LinkShape) -> Self {
        Self { name, url, sub_title }
    }
}

#[derive(Serialize, Deserialize)]
struct CardTemplateShape {
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    is_of_bills: bool,
    logo_url: String,
    title: String,
    payee: String,
    #[serde(rename = "type")]
    kind: String,
    detail: String,
    description: String,
    custom: Option<LinkShape>,
    promotion: Option<LinkShape>,
    created_ms: i64,
}

impl Record for CardTemplate {
    const KIND: Kind = Kind::CardTemplate;

    fn encode(&self) -> String {
        let TemplateFace { logo_url, title, payee, kind, detail, description, custom, promotion } =
            self.face.clone();
        encode(&CardTemplateShape {
            is_of_bills: self.card_kind == CardKind::Bill,
            logo_url,
            title,
            payee,
            kind,
            detail,
            description,
            custom: custom.as_ref().map(LinkShape::from),
            promotion: promotion.as_ref().map(LinkShape::from),
            created_ms: self.created_at.unix_millis(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: CardTemplateShape = decode(stored)?;
        Ok(Self {
            platform: stored_appid(stored, "the key", &stored.key.owner)?,
            card_id: known(stored, "the key", CardId::parse(&stored.key.id))?,
            card_kind: if shape.is_of_bills { CardKind::Bill } else { CardKind::Invoice },
            face: TemplateFace {
                logo_url: shape.logo_url,
                title: shape.title,
                payee: shape.payee,
                kind: shape.kind,
                detail: shape.detail,
                description: shape.description,
                custom: shape.custom.map(CardLink::from),
                promotion: shape.promotion.map(CardLink::from),
            },
            created_at: at(shape.created_ms),
        })
    }
}
