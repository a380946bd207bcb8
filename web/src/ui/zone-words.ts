// What zones are called on this screen.

import { zoneKindWord } from "../api/chart";
import type { Zone, ZoneKind } from "../gen/shorewatch/zone/v1/zone_service_pb";
import { type Word, inLanguage, t } from "../i18n";

const KIND_WORDS: Record<string, Word> = {
  designated_port: "zoneDesignated",
  fishing_harbour: "zoneFishingHarbour",
  anchorage: "zoneAnchorage",
  fishing_ground: "zoneFishingGround",
  farm: "zoneFarm",
  tss: "zoneTss",
  restricted: "zoneRestricted",
  other: "zoneOther",
};

export const kindWord = (kind: ZoneKind): string => t(KIND_WORDS[zoneKindWord(kind)] ?? "zoneOther");

export const zoneName = (zone: Zone): string => inLanguage(zone.name, zone.nameZh) || zone.id;
