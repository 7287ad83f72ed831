//! Where in a client's request something stands, and what is refused there.

use super::hints::Wish;

/// Where in the client's request something stands. How that is called is the client's dialect's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The turns as a whole.
    Turns,
    /// The request as a whole.
    Top,
    Turn(usize),
    /// The turn's number, and the part's in it.
    Part(usize, usize),
    /// The turn's number, and the call's in it, where calls stand beside the parts.
    Call(usize, usize),
    /// How closely to look at an image: the turn's number, and the part's.
    Detail(usize, usize),
    /// How closely to look at all images.
    Details,
    /// What a file is called: the turn's number, and the part's.
    Title(usize, usize),
    System,
    Tool(usize),
    Choice,
    Parallel,
    Temperature,
    TopP,
    TopK,
    Stop,
    Thinking,
    Effort,
    Format,
    /// The schema of the format.
    Schema,
    User,
    Hint(Wish),
}

impl Place {
    /// A part of it. What stands inside a part is not told apart.
    #[must_use]
    pub fn part(self, number: usize) -> Self {
        match self {
            Self::Turn(turn) => Self::Part(turn, number),
            other => other,
        }
    }

    /// A call of it, where calls stand beside the parts.
    #[must_use]
    pub fn call(self, number: usize) -> Self {
        match self {
            Self::Turn(turn) => Self::Call(turn, number),
            other => other,
        }
    }

    /// How closely to look at this part.
    #[must_use]
    pub fn detail(self) -> Self {
        match self {
            Self::Part(turn, part) => Self::Detail(turn, part),
            other => other,
        }
    }

    /// What this part is called.
    #[must_use]
    pub fn title(self) -> Self {
        match self {
            Self::Part(turn, part) => Self::Title(turn, part),
            other => other,
        }
    }

    /// The turn around it.
    #[must_use]
    pub fn turn(self) -> Self {
        match self {
            Self::Part(turn, _) | Self::Call(turn, _) => Self::Turn(turn),
            other => other,
        }
    }
}

/// Why a conversation cannot be written in an upstream's dialect.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub place: Place,
    /// Reads on from the place's name: "must be …", "cannot be expressed …: leave it out".
    pub what: String,
}

impl Refused {
    pub fn new(place: Place, what: impl Into<String>) -> Self {
        Self { place, what: what.into() }
    }
}
