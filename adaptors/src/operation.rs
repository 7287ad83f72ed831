//! What clients ask for, whatever their dialect.

/// An endpoint's task, whatever the dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The next turn of a conversation: chat completions, messages.
    Chat,
    /// A text that goes on, as before there were conversations.
    Completions,
    /// Vectors of texts.
    Embeddings,
    /// How many tokens a request for the next turn has, without an answer to it.
    CountTokens,
    /// Whether a text or an image is harmful.
    Moderations,
    /// Documents by how well they fit a question.
    Rerank,
    /// Images from a text.
    ImageGenerations,
    /// Images from others and a text.
    ImageEdits,
    /// Images like another.
    ImageVariations,
    /// Speech as text.
    Transcriptions,
    /// Speech as English text.
    Translations,
    /// Text as speech.
    Speech,
    /// A conversation made shorter, to go on with: responses only.
    Compact,
    /// An answer that the upstream keeps, by its name.
    Retrieve,
    /// What it was asked with.
    InputItems,
    /// Have the upstream keep it no longer.
    Delete,
    /// Have the upstream stop working on it.
    Cancel,
}

impl Operation {
    /// True where an upstream of another dialect than the client's can serve it.
    #[must_use]
    pub const fn is_translated(self) -> bool {
        matches!(self, Self::Chat | Self::CountTokens)
    }

    /// True where a request names an answer that an upstream keeps, and has no body and no model.
    #[must_use]
    pub const fn is_by_name(self) -> bool {
        matches!(self, Self::Retrieve | Self::InputItems | Self::Delete | Self::Cancel)
    }

    /// The method of its requests.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Retrieve | Self::InputItems => "GET",
            Self::Delete => "DELETE",
            _ => "POST",
        }
    }

    /// True where answers come in any form (sound, text, JSON with images in it, events) and pass as they come.
    #[must_use]
    pub const fn is_media(self) -> bool {
        matches!(
            self,
            Self::ImageGenerations
                | Self::ImageEdits
                | Self::ImageVariations
                | Self::Transcriptions
                | Self::Translations
                | Self::Speech
        )
    }

    /// True where a request may be a form with files.
    #[must_use]
    pub const fn takes_form(self) -> bool {
        matches!(self, Self::ImageEdits | Self::ImageVariations | Self::Transcriptions | Self::Translations)
    }

    /// True where an answer may be a text and nothing else.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Transcriptions | Self::Translations)
    }

    /// The model that the dialect's own provider takes where a request names none; `None` where it must name one.
    #[must_use]
    pub const fn default_model(self) -> Option<&'static str> {
        match self {
            Self::Moderations => Some("omni-moderation-latest"),
            Self::ImageGenerations | Self::ImageEdits | Self::ImageVariations => Some("dall-e-2"),
            _ => None,
        }
    }
}
