//! Portuguese, as in Brazil.

use super::phrases::{Phrases, Section};
use crate::domain::CameraKind;

pub(super) static PHRASES: Phrases = Phrases {
    sample: "Amostra:",
    disclaimer: "> **Isto é uma amostra.** O texto foi montado por um gerador para demonstrar o site. Ninguém testou a {camera} para escrevê-lo; notas, opiniões e imagens são inventadas.",
    titles: &[
        "{camera}: uma semana na rua",
        "{camera}, análise completa",
        "Vale a pena a {camera}?",
        "{camera} depois de mil disparos",
        "Viajamos com a {camera}",
    ],
    summaries: &[
        "uma {kind} de cores fiéis e foco confiável, que pede paciência com os menus.",
        "leve, silenciosa e boa de noite: a {camera} convence mais na mão do que no papel.",
        "a {camera} acerta na ergonomia e na nitidez, e tropeça na bateria.",
        "para retrato e viagem, poucas câmeras desta faixa de preço incomodam tão pouco.",
    ],
    openings: &[
        "Saímos cedo, com chuva fina sobre o centro, e a {camera} pendurada no ombro. É uma {kind} que se deixa esquecer: esse é o melhor elogio que temos para uma câmera.",
        "Há câmeras que impressionam na vitrine e cansam na segunda semana. A {camera} faz o contrário: começa discreta e vai ganhando a confiança do fotógrafo.",
        "Levamos a {camera} para um casamento na serra, uma feira livre e três madrugadas na praia. Voltamos com areia na bolsa e uma opinião firme sobre esta {kind}.",
    ],
    sections: &[
        Section {
            heading: "Corpo e ergonomia",
            paragraphs: &[
                "A empunhadura é funda e segura até com luvas. Os botões têm curso curto, e o disco principal não gira por acidente dentro da mochila.",
                "O corpo é compacto sem ser apertado. O obturador fica onde o indicador espera, e a tela articulada ajuda em ângulos baixos.",
                "A vedação contra poeira e respingos aguentou a garoa. Só a tampa dos conectores parece frágil.",
            ],
        },
        Section {
            heading: "Qualidade de imagem",
            paragraphs: &[
                "As cores saem naturais, com tons de pele agradáveis e um azul que não exagera. O alcance dinâmico recupera bem as sombras.",
                "A nitidez é alta no centro e honesta nas bordas. O ruído só começa a incomodar acima de ISO 6400, e mesmo ali o grão é fino.",
                "O balanço de branco erra pouco sob luz mista. Em contraluz, a lente segura os reflexos com dignidade.",
            ],
        },
        Section {
            heading: "Foco automático",
            paragraphs: &[
                "O foco automático encontra olhos com rapidez e não larga. Com pássaros contra galhos, erra como todas.",
                "No modo contínuo, a taxa de acerto é boa com ciclistas e razoável com crianças, que são mais rápidas.",
                "Com pouca luz o foco hesita, mas raramente desiste. Uma luz auxiliar teria ajudado.",
            ],
        },
        Section {
            heading: "Vídeo e bateria",
            paragraphs: &[
                "O vídeo é estável na mão e o som do microfone interno serve para anotações. A bateria durou uma manhã de trabalho.",
                "A estabilização permite planos parados sem tripé. Leve uma segunda bateria: a primeira acaba antes do almoço.",
                "Não há superaquecimento em tomadas curtas. O carregador pela porta USB é lento, mas está sempre à mão.",
            ],
        },
    ],
    pros: &["cores fiéis", "foco automático confiável", "obturador silencioso", "boa vedação", "visor nítido", "leveza"],
    cons: &["bateria curta", "menus confusos", "tampa frágil", "preço das lentes", "carregador lento"],
    pros_heading: "A favor",
    cons_heading: "Contra",
    verdict_heading: "Veredito",
    verdicts: &[
        "A {camera} não é a mais rápida nem a mais barata. É a que levaríamos de novo amanhã, e isso pesa mais do que a ficha técnica.",
        "Para quem fotografa família, viagem e rua, a {camera} resolve quase tudo. Quem vive de esporte deve procurar outra.",
        "Recomendamos a {camera} a quem já sabe o que quer de uma {kind}. Aos demais, sugerimos experimentar antes na loja.",
    ],
    alts: &[
        "Colinas ao amanhecer, luzes desfocadas no primeiro plano",
        "Horizonte com serra e céu em degradê",
        "Luzes redondas desfocadas sobre um vale",
    ],
    kinds: |kind| match kind {
        CameraKind::Slr => "reflex",
        CameraKind::Mirrorless => "câmera sem espelho",
        CameraKind::Compact => "compacta",
        CameraKind::Rangefinder => "câmera telemétrica",
        CameraKind::Action => "câmera de ação",
        CameraKind::Drone => "câmera voadora",
        CameraKind::MediumFormat => "câmera de médio formato",
        CameraKind::Phone | CameraKind::Other => "câmera",
    },
};
