//! Errors travel as JSON, so that any caller can read them. The browser parses them with its own parser: serde_json
//! would be 50 KB of the Wasm for these few words.

use super::ApiError;

pub use text::{decode, encode};

#[cfg(feature = "ssr")]
mod text {
    use super::ApiError;

    /// An error as JSON: `"Forbidden"` or `{"Refused":"…"}`.
    ///
    /// # Errors
    /// Never: every error can be written.
    pub fn encode(error: &ApiError) -> Result<Vec<u8>, String> {
        serde_json::to_vec(error).map_err(|error| error.to_string())
    }

    /// The error behind a text.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(bytes: &[u8]) -> Result<ApiError, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

#[cfg(not(feature = "ssr"))]
mod text {
    use super::ApiError;
    use js_sys::{JSON, Object, Reflect};
    use wasm_bindgen::JsValue;

    fn plain(error: &ApiError) -> Result<&'static str, (&'static str, JsValue)> {
        match error {
            ApiError::SignInRequired => Ok("SignInRequired"),
            ApiError::PasswordChangeRequired => Ok("PasswordChangeRequired"),
            ApiError::ProofRequired => Ok("ProofRequired"),
            ApiError::SecondFactorRequired => Ok("SecondFactorRequired"),
            ApiError::Forbidden => Ok("Forbidden"),
            ApiError::NotFound => Ok("NotFound"),
            ApiError::Busy => Ok("Busy"),
            ApiError::Unavailable => Ok("Unavailable"),
            ApiError::Refused(sentence) => Err(("Refused", JsValue::from_str(sentence))),
            ApiError::ChunkExpected(number) => Err(("ChunkExpected", JsValue::from(*number))),
            ApiError::Transport(sentence) => Err(("Transport", JsValue::from_str(sentence))),
        }
    }

    /// An error as JSON: `"Forbidden"` or `{"Refused":"…"}`.
    ///
    /// # Errors
    /// Never: every error can be written.
    pub fn encode(error: &ApiError) -> Result<Vec<u8>, String> {
        let value = match plain(error) {
            Ok(name) => JsValue::from_str(name),
            Err((name, inner)) => {
                let object = Object::new();
                let _ = Reflect::set(&object, &JsValue::from_str(name), &inner);
                object.into()
            }
        };
        let text = JSON::stringify(&value).map_err(|_| "not writable as JSON".to_owned())?;
        Ok(String::from(text).into_bytes())
    }

    /// The error behind a text.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(bytes: &[u8]) -> Result<ApiError, String> {
        let unreadable = || "not an error in JSON".to_owned();
        let text = std::str::from_utf8(bytes).map_err(|_| unreadable())?;
        let value = JSON::parse(text).map_err(|_| unreadable())?;
        if let Some(name) = value.as_string() {
            return match name.as_str() {
                "SignInRequired" => Ok(ApiError::SignInRequired),
                "PasswordChangeRequired" => Ok(ApiError::PasswordChangeRequired),
                "ProofRequired" => Ok(ApiError::ProofRequired),
                "SecondFactorRequired" => Ok(ApiError::SecondFactorRequired),
                "Forbidden" => Ok(ApiError::Forbidden),
                "NotFound" => Ok(ApiError::NotFound),
                "Busy" => Ok(ApiError::Busy),
                "Unavailable" => Ok(ApiError::Unavailable),
                _ => Err(unreadable()),
            };
        }
        let inner = |name: &str| Reflect::get(&value, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED);
        if let Some(sentence) = inner("Refused").as_string() {
            Ok(ApiError::Refused(sentence))
        } else if let Some(number) = inner("ChunkExpected").as_f64() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the server writes a u32 here"
            )]
            Ok(ApiError::ChunkExpected(number as u32))
        } else if let Some(sentence) = inner("Transport").as_string() {
            Ok(ApiError::Transport(sentence))
        } else {
            Err(unreadable())
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::{ApiError, decode, encode};

    /// What the browser's half of this file expects, word by word.
    #[test]
    fn errors_are_written_as_the_browser_reads_them() {
        for (error, text) in [
            (ApiError::Forbidden, r#""Forbidden""#),
            (ApiError::ProofRequired, r#""ProofRequired""#),
            (ApiError::SecondFactorRequired, r#""SecondFactorRequired""#),
            (ApiError::Refused("Not \"so\".".to_owned()), r#"{"Refused":"Not \"so\"."}"#),
            (ApiError::ChunkExpected(7), r#"{"ChunkExpected":7}"#),
            (ApiError::Transport("gone".to_owned()), r#"{"Transport":"gone"}"#),
        ] {
            let bytes = encode(&error).expect("errors can be written");
            assert_eq!(bytes, text.as_bytes());
            assert_eq!(decode(&bytes), Ok(error));
        }
    }
}
