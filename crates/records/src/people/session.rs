//! Sessions that were ended before their time: their cookies are signed, and would go on working.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::people::session::Session;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A session that somebody has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession(pub Session);

/// An ended session's key.
pub fn ended_session_key(session: &Session) -> Key {
    let id = base16ct::lower::encode_string(&session.id);
    Key { kind: Kind::EndedSession, owner: session.user.as_str().to_owned(), id }
}

#[derive(Serialize, Deserialize)]
struct EndedSessionShape {
    expires_s: i64,
}

impl Record for EndedSession {
    const KIND: Kind = Kind::EndedSession;

    fn encode(&self) -> String {
        encode(&EndedSessionShape { expires_s: self.0.expires_s })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: EndedSessionShape = decode(stored)?;
        let mut id = [0; 12];
        let read = base16ct::lower::decode(&stored.key.id, &mut id).ok();
        let id = known(stored, "the key", read.and_then(|bytes| bytes.try_into().ok()))?;
        let user = known(stored, "the key", UserId::parse(&stored.key.owner))?;
        Ok(Self(Session { id, user, expires_s: shape.expires_s }))
    }

    /// It can be forgotten when the cookie's own time is over. That is real time, whatever the
    /// sandbox's clock says.
    fn index(&self) -> Index {
        Index { unused_since_ms: Some(self.0.expires_s * 1000), ..Index::default() }
    }
}
