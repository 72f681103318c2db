//! Spanish, as understood from Tijuana to Ushuaia.

use super::phrases::{Phrases, Section};
use crate::domain::CameraKind;

pub(super) static PHRASES: Phrases = Phrases {
    sample: "Muestra:",
    disclaimer: "> **Esto es una muestra.** El texto lo armó un generador para demostrar el sitio. Nadie probó la {camera} para escribirlo; puntajes, opiniones e imágenes son inventados.",
    titles: &[
        "{camera}: una semana en la calle",
        "{camera}, análisis completo",
        "¿Vale la pena la {camera}?",
        "{camera} después de mil disparos",
        "De viaje con la {camera}",
    ],
    summaries: &[
        "una {kind} de colores fieles y enfoque confiable, que pide paciencia con los menús.",
        "liviana, silenciosa y buena de noche: la {camera} convence más en la mano que en el papel.",
        "la {camera} acierta en la ergonomía y la nitidez, y tropieza con la batería.",
        "para retratos y viajes, pocas cámaras de este precio molestan tan poco.",
    ],
    openings: &[
        "Salimos temprano, con llovizna sobre el centro y la {camera} al hombro. Es una {kind} que se deja olvidar: el mejor elogio que tenemos para una cámara.",
        "Hay cámaras que deslumbran en la vidriera y cansan a la segunda semana. La {camera} hace lo contrario: empieza discreta y se gana la confianza del fotógrafo.",
        "Llevamos la {camera} a un casamiento en la sierra, a un mercado y a tres madrugadas en la playa. Volvimos con arena en el bolso y una opinión firme sobre esta {kind}.",
    ],
    sections: &[
        Section {
            heading: "Cuerpo y ergonomía",
            paragraphs: &[
                "La empuñadura es profunda y segura incluso con guantes. Los botones tienen recorrido corto y el dial principal no gira solo dentro de la mochila.",
                "El cuerpo es compacto sin ser estrecho. El disparador está donde el índice lo espera, y la pantalla articulada ayuda en ángulos bajos.",
                "El sellado contra polvo y salpicaduras aguantó la llovizna. Solo la tapa de los conectores parece frágil.",
            ],
        },
        Section {
            heading: "Calidad de imagen",
            paragraphs: &[
                "Los colores salen naturales, con tonos de piel agradables y un azul que no exagera. El rango dinámico recupera bien las sombras.",
                "La nitidez es alta en el centro y honesta en los bordes. El ruido recién molesta por encima de ISO 6400, y aun ahí el grano es fino.",
                "El balance de blancos falla poco con luz mixta. A contraluz, el lente contiene los reflejos con dignidad.",
            ],
        },
        Section {
            heading: "Enfoque automático",
            paragraphs: &[
                "El enfoque automático encuentra los ojos con rapidez y no los suelta. Con pájaros entre ramas se equivoca, como todas.",
                "En modo continuo acierta seguido con ciclistas y bastante menos con niños, que son más rápidos.",
                "Con poca luz el enfoque duda, pero rara vez se rinde. Una luz auxiliar habría ayudado.",
            ],
        },
        Section {
            heading: "Video y batería",
            paragraphs: &[
                "El video es estable a pulso y el micrófono interno sirve para apuntes. La batería duró una mañana de trabajo.",
                "La estabilización permite planos quietos sin trípode. Conviene llevar una segunda batería: la primera se acaba antes del almuerzo.",
                "No hay sobrecalentamiento en tomas cortas. La carga por USB es lenta, pero siempre está a mano.",
            ],
        },
    ],
    pros: &["colores fieles", "enfoque confiable", "obturador silencioso", "buen sellado", "visor nítido", "poco peso"],
    cons: &["batería corta", "menús confusos", "tapa frágil", "precio de los lentes", "carga lenta"],
    pros_heading: "A favor",
    cons_heading: "En contra",
    verdict_heading: "Veredicto",
    verdicts: &[
        "La {camera} no es la más rápida ni la más barata. Es la que llevaríamos otra vez mañana, y eso pesa más que la ficha técnica.",
        "Para quien retrata familia, viajes y calle, la {camera} resuelve casi todo. Quien vive del deporte debería buscar otra.",
        "Recomendamos la {camera} a quien ya sabe qué quiere de una {kind}. A los demás, probarla antes en la tienda.",
    ],
    alts: &[
        "Colinas al amanecer, luces desenfocadas en primer plano",
        "Horizonte con sierra y cielo en degradado",
        "Luces redondas desenfocadas sobre un valle",
    ],
    kinds: |kind| match kind {
        CameraKind::Slr => "réflex",
        CameraKind::Mirrorless => "cámara sin espejo",
        CameraKind::Compact => "compacta",
        CameraKind::Rangefinder => "cámara telemétrica",
        CameraKind::Action => "cámara de acción",
        CameraKind::Drone => "cámara voladora",
        CameraKind::MediumFormat => "cámara de formato medio",
        CameraKind::Phone | CameraKind::Other => "cámara",
    },
};
