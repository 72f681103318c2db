//! What the tour's editor writes: one review in three languages, each with a word that no sample review uses, so
//! that search must find this one.

pub struct Text {
    pub locale: &'static str,
    pub title: &'static str,
    pub summary: &'static str,
    pub body: String,
    pub alt: &'static str,
    /// Searched for in another form than the one written: the language's stemming has to work.
    pub search: &'static str,
}

/// The three texts, all carrying `marker`, by which a reader recognises this version.
pub fn texts(marker: &str) -> [Text; 3] {
    [
        Text {
            locale: "pt-BR",
            title: "Uma semana com a câmera à beira do rio",
            summary: "Leve, rápida e paciente com capivaras.",
            body: format!(
                "## No rio\n\nDe manhã cedo as **capivaras** não esperam. O foco acompanhou todas.\n\n\
                 - a bateria durou o dia inteiro\n- o obturador é silencioso\n\nEdição {marker}.\n"
            ),
            alt: "Uma câmera preta sobre fundo azul",
            search: "capivara",
        },
        Text {
            locale: "es",
            title: "Una semana con la cámara a orillas del río",
            summary: "Ligera, rápida y paciente con los carpinchos.",
            body: format!(
                "## En el río\n\nA primera hora los **carpinchos** no esperan. El enfoque los siguió a todos.\n\n\
                 - la batería aguantó el día entero\n- el obturador es silencioso\n\nEdición {marker}.\n"
            ),
            alt: "Una cámara negra sobre fondo azul",
            search: "carpincho",
        },
        Text {
            locale: "en",
            title: "A week with the camera by the river",
            summary: "Light, quick and patient with capybaras.",
            body: format!(
                "## By the river\n\nEarly in the morning the **capybaras** do not wait. The focus kept up with all of them.\n\n\
                 - the battery lasted all day\n- the shutter is silent\n\nEdition {marker}.\n"
            ),
            alt: "A black camera in front of blue",
            search: "capybara",
        },
    ]
}
