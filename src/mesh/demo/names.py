"""Names of the simulated MSPs, clients and people: all made up, and plainly so."""

MSP_WORDS = (
    "Cedar", "Harbor", "Juniper", "Granite", "Willow", "Summit", "Prairie", "Orchard", "Lantern", "Meadow",
    "Copper", "Heron", "Aspen", "Marble", "Thistle", "Falcon", "Saffron", "Pebble", "Maple", "Canyon",
    "Brook", "Ember", "Fern", "Glacier", "Hazel", "Indigo", "Larch", "Magnet", "Nettle", "Opal",
    "Pine", "Quartz", "Raven", "Sable", "Tundra", "Umber", "Violet", "Walnut", "Yarrow", "Zephyr",
)  # fmt: skip
MSP_ENDINGS = ("IT", "Systems", "Networks", "Technology", "Managed Services")
CLIENT_WORDS = (
    "Lakeside", "Birch", "Quarry", "Maplewood", "Foundry", "Tidewater", "Anchor", "Pilot", "Beacon", "Gull",
    "Riverbend", "Oakfield", "Stonebridge", "Brightwater", "Hillcrest", "Northgate", "Southbank", "Eastfield",
    "Westbrook", "Clearview", "Redwood", "Silverline", "Goldfinch", "Bluebell", "Greenway", "Whitecap",
    "Blackthorn", "Sunrise", "Moonrise", "Starling", "Kingfisher", "Sparrow", "Ironwood", "Limestone",
    "Sandbar", "Mill Lane", "Station Road", "Castle Hill", "Abbey", "Bridge Street", "Corner", "Crossroads",
    "Old Town", "New Wharf", "High Street", "Market Square", "Garden", "Fountain", "Terrace", "Parkside",
)  # fmt: skip
FIRST_NAMES = (
    "Ada", "Ben", "Cara", "Dev", "Elin", "Femi", "Gus", "Hana", "Ines", "Jo", "Kai", "Lena", "Milo", "Nadia",
    "Omar", "Pia", "Quin", "Rosa", "Sami", "Tess", "Umar", "Vera", "Wes", "Xena", "Yuri", "Zoe",
)  # fmt: skip
LAST_NAMES = (
    "Example", "Sample", "Placeholder", "Specimen", "Demo", "Draft", "Pattern", "Template", "Model", "Mock",
)  # fmt: skip
