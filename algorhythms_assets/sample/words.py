"""Word lists from which names are combined. The words are ordinary or made up; no list contains a known name."""

from typing import Final

from algorhythms_assets.sample.genres import Mood


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Given and family names are made of meaningless syllables.
NAME_STARTS: Final = _words(
    """
    Av Bel Bry Cal Cor Dav Dri Eld Fen Gal Hes Il Jor Kel Lir Mav Mir Nav Nim Ond Osk Pell Quor Rav Riv Sab Sel Tav
    Tor Ulv Var Vel Wyn Yar Zel Zél Bér Ñav Øst Şel
    """
)
NAME_MIDDLES: Final = _words(
    """
    a am an ar av e el en er i il in ir o ol on or u ul um
    """
)
NAME_ENDS: Final = _words(
    """
    da dell dine fane ga gren ka kin la lan lis lo mar mira na nel ney no ra ren ria ric ro sha ta ti tov va ven via
    vin wen ya zé zi zo
    """
)
PLACE_STARTS: Final = _words(
    """
    Alder Amber Ash Birch Black Bramble Brine Calder Cedar Clay Copper Dusk Elm Fallow Fern Flint Gorse Gull Hazel
    Heron Iron Juniper Kestrel Lark Linden Marsh Moor North Oster Otter Pine Quill Rook Salt Sedge Slate Sorrel
    Thorn Wick Willow
    """
)
PLACE_ENDS: Final = _words(
    """
    bank bay bridge burrow cliff cross dale fell field ford gate grove haven hollow keld lane ley mere mouth point
    quay row stead wharf wold
    """
)

ADJECTIVES: Final = _words(
    """
    Amber Ashen Awkward Borrowed Brittle Bronze Careless Clockwork Cobalt Copper Crooked Distant Drowsy Dusty
    Electric Endless Faded Fearless Feathered Forgotten Frosted Gentle Gilded Half-Lit Hollow Honest Hushed Idle
    Inky Jagged Kindled Late Lazy Little Lonesome Lost Lucid Magnetic Marbled Mellow Midsummer Misplaced Molten
    Nameless Nimble Northern Opal Open Paper Patient Pocket Quiet Restless Reckless Roaming Rusted Salted Scarlet
    Second Secret Silver Sleepless Slow Smoky Spare Stolen Stray Sudden Sunken Tangled Tender Thirsty Tidal Unsent
    Upward Velvet Violet Wandering Weathered Wild Winter Wooden Woven Young
    """
)
NOUNS: Final = _words(
    """
    Acorn Afternoon Anchor Atlas Avenue Balcony Ballad Beacon Bicycle Bonfire Bramble Breeze Button Candle Canyon
    Carousel Cathedral Chimney Comet Compass Corridor Courtyard Daylight Echo Elevator Ember Engine Envelope Feather
    Ferry Garden Ghost Glacier Gravity Hallway Harbour Harvest Heart Horizon Hourglass Island Ivy Kettle Kite Ladder
    Lake Lantern Letter Lighthouse Lullaby Magnet Map Marigold Meadow Midnight Mirror Morning Motorway Mountain
    Nectar Needle Notebook Ocean Orbit Orchard Paper Parade Pavement Pendulum Petal Planet Pocket Postcard Puzzle
    Radio Rain Ribbon River Rooftop Sailor Satellite Season Shadow Shore Signal Skyline Smoke Snowfall Sparrow
    Staircase Station Stranger Summer Sunday Telephone Thread Thunder Ticket Tide Timber Tower Train Umbrella Valley
    Violin Voyage Wave Weather Whistle Window Wonder Year
    """
)
PLURALS: Final = _words(
    """
    Acrobats Almanacs Apricots Astronomers Badgers Beekeepers Bellhops Botanists Cartographers Chandeliers
    Clockmakers Cormorants Couriers Cyclists Dandelions Ferrymen Gardeners Glassblowers Gondolas Hedgehogs Herons
    Ironmongers Kingfishers Lamplighters Lanterns Librarians Locksmiths Mariners Matchsticks Meteorites Millwrights
    Nightingales Octaves Otters Parasols Pedestrians Penguins Pilots Postmen Puffins Quarries Sextants Skylarks
    Sparrows Stowaways Surveyors Telegrams Thimbles Tinkers Typewriters Understudies Ushers Vagrants Wallflowers
    Watchmakers Weavers Windmills Woodpeckers Zeppelins
    """
)
VERBS: Final = _words(
    """
    Answer Borrow Carry Catch Chase Count Cross Draw Find Fold Follow Forget Hold Hum Keep Leave Light Lose Mend
    Name Outrun Paint Read Remember Save Send Steal Tell Trace Trust Turn Wait Wake Watch
    """
)
# Titles in other languages and scripts: made-up phrases of everyday words.
OTHER_TITLES: Final = (
    "Après le tramway", "Le phare enrhumé", "L'été des parapluies", "Señales de té", "Faroles de papel",
    "Mañana sin reloj", "Cartas à toa", "Über sieben Dächern", "Spätsommerfähre", "Snöfall i köket", "Żółte parasole",
    "Yağmurdan sonra çay", "夜の電車と猫", "雨上がりの自転車", "遠い海の郵便", "Ночной трамвай домой", "Тихий двор",
    "느린 우편함", "ضوء النافذة", "Μικρό νησί με βροχή", "गली के उस पार",
)  # fmt: skip
# Made-up names in scripts other than Latin.
OTHER_ARTISTS: Final = (
    "ミラノカ", "ソラビト座", "オルネ・カヴァ", "夜行灯台", "Вельмира", "Тихая пристань", "Орлан и сосны", "나린별",
    "물결상점", "Λίρα Νόβα", "نور الضفة", "चंदा लोक",
)  # fmt: skip

MOMENTS: Final[dict[Mood, tuple[str, ...]]] = {
    "bright": (
        "Road Trip", "Summer", "Good Vibes", "Singalong", "Windows Down", "Feel Good", "Morning", "Favourites",
        "Happy", "Throwback", "Été", "Verão", "夏", "Лето", "Beach", "Spring Cleaning",
    ),
    "calm": (
        "Study", "Sleep", "Rainy Day", "Coffee", "Quiet", "Sunday Morning", "Reading", "Peaceful", "Slow Down",
        "Dinner", "Café", "静かな夜", "Тишина", "Lluvia", "Writing", "Yoga",
    ),
    "dance": (
        "Party", "Gym", "Running", "Saturday Night", "Dance", "Pregame", "Workout", "Turn It Up", "Cardio", "Club",
        "Fête", "Fiesta", "パーティー", "Танцы", "Birthday", "Getting Ready",
    ),
    "dreamy": (
        "Late Night", "Night Drive", "Chill", "Dreams", "In My Feelings", "Stargazing", "Slow Jams", "Haze",
        "After Dark", "Blue", "Rêverie", "夜ドライブ", "Мечты", "밤", "Bath Time", "Alone",
    ),
    "heavy": (
        "Lifting", "Angry", "Loud", "Garage", "Mosh", "Drive Fast", "Rage", "Classics", "Live", "Turn Up the Amp",
        "Énergie", "Ruido", "轟音", "Громко", "Leg Day", "Skate",
    ),
}  # fmt: skip
EMOJI: Final[dict[Mood, tuple[str, ...]]] = {
    "bright": ("☀️", "🌻", "😎", "🚗", "🌈", "❤️"),
    "calm": ("☕", "🌧️", "📚", "🌙", "🍃", "🕯️"),
    "dance": ("💃", "🔥", "🎉", "🪩", "💪", "🌴"),
    "dreamy": ("🌌", "💭", "🌊", "✨", "💙", "🌃"),
    "heavy": ("🤘", "⚡", "🎸", "💀", "🔨", "🖤"),
}
