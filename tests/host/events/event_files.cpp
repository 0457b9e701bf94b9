#include "tests/host/events/event_files.hpp"

#include <lz4frame.h>
#include <zstd.h>

#include <algorithm>
#include <random>

namespace flashcell::test {
namespace {

void put(EventBytes& out, const std::string& text) {
  out.insert(out.end(), text.begin(), text.end());
}
void put(EventBytes& out, const EventBytes& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
template <class Unsigned>
void little(EventBytes& out, Unsigned value) {
  for (size_t i = 0; i < sizeof(Unsigned); ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}
void big(EventBytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

EventBytes packed(const EventBytes& raw, Packing packing) {
  EventBytes out = raw;
  if (packing == Packing::lz4 || packing == Packing::lz4_high) {
    out.resize(LZ4F_compressFrameBound(raw.size(), nullptr));
    out.resize(LZ4F_compressFrame(out.data(), out.size(), raw.data(), raw.size(), nullptr));
  } else if (packing != Packing::none) {
    out.resize(ZSTD_compressBound(raw.size()));
    out.resize(ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), 3));
  }
  return out;
}

// A FlatBuffer, with its size before it, whose root table has an int32, an int64 and a string.
EventBytes io_header(uint32_t packing, const std::string& xml) {
  EventBytes b;
  little<uint32_t>(b, 20);  // the table's place
  put(b, "IOHE");
  for (const int word : {10, 20, 4, 8, 16, 0}) little(b, static_cast<uint16_t>(word));  // its layout, and padding
  little<uint32_t>(b, 12);  // from the table back to its layout
  little<uint32_t>(b, packing);
  little<uint64_t>(b, ~uint64_t{0});  // no table of packets
  little<uint32_t>(b, 4);             // the string follows
  little(b, static_cast<uint32_t>(xml.size()));
  put(b, xml);
  b.push_back(0);
  EventBytes sized;
  little(sized, static_cast<uint32_t>(b.size()));
  put(sized, b);
  return sized;
}

EventBytes event_packet(const std::vector<Event>& events, size_t begin, size_t end) {
  EventBytes b;
  little<uint32_t>(b, 16);
  put(b, "EVTS");
  for (const int word : {6, 8, 4, 0}) little(b, static_cast<uint16_t>(word));
  little<uint32_t>(b, 8);
  little<uint32_t>(b, 4);
  little(b, static_cast<uint32_t>(end - begin));
  for (size_t i = begin; i < end; ++i) {
    little(b, static_cast<uint64_t>(events[i].time_us));
    little(b, events[i].x);
    little(b, events[i].y);
    little<uint32_t>(b, events[i].on ? 1 : 0);
  }
  EventBytes sized;
  little(sized, static_cast<uint32_t>(b.size()));
  put(sized, b);
  return sized;
}

}  // namespace

std::vector<Event> random_events(size_t count, int width, int height, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Event> events;
  Event e{1000, 0, 0, false};
  while (events.size() < count) {
    if (random() % 3 == 0) e.time_us += random() % 8 == 0 ? random() % 9000 : random() % 40;
    if (random() % 4 == 0) e.y = static_cast<uint16_t>(random() % static_cast<uint32_t>(height));
    if (random() % 3 == 0) e.on = random() % 2 == 0;
    e.x = static_cast<uint16_t>(random() % 2 == 0 ? (e.x + 1u) % static_cast<uint32_t>(width)
                                                  : random() % static_cast<uint32_t>(width));
    events.push_back(e);
  }
  return events;
}

std::vector<Event> disc_events(const std::vector<MovingDisc>& discs, int64_t end_us, int width, int height) {
  std::vector<Event> events;
  std::vector<bool> lit(static_cast<size_t>(width) * static_cast<size_t>(height));
  for (int64_t t = 0; t <= end_us; t += 10) {
    for (const MovingDisc& d : discs) {
      const double x = d.x + 1e-6 * d.vx * static_cast<double>(t), y = d.y + 1e-6 * d.vy * static_cast<double>(t);
      const int reach = static_cast<int>(d.radius) + 2;
      for (int py = std::max(0, static_cast<int>(y) - reach); py <= std::min(height - 1, static_cast<int>(y) + reach);
           ++py) {
        for (int px = std::max(0, static_cast<int>(x) - reach); px <= std::min(width - 1, static_cast<int>(x) + reach);
             ++px) {
          const bool now = (px - x) * (px - x) + (py - y) * (py - y) <= d.radius * d.radius;
          const size_t at = static_cast<size_t>(py) * static_cast<size_t>(width) + static_cast<size_t>(px);
          if (lit[at] == now) continue;
          lit[at] = now;
          // The discs are there from the beginning.
          if (t > 0) events.push_back({t, static_cast<uint16_t>(px), static_cast<uint16_t>(py), now});
        }
      }
    }
  }
  return events;
}

EventBytes make_evt2(const std::vector<Event>& events) {
  EventBytes out;
  put(out, "% date 2026-01-01\n% evt 2.0\n% geometry 640x480\n% end\n");
  int64_t high = -1;
  for (const Event& e : events) {
    if (e.time_us >> 6 != high) {
      high = e.time_us >> 6;
      little(out, static_cast<uint32_t>(0x80000000u | (static_cast<uint32_t>(high) & 0x0FFFFFFF)));
      little<uint32_t>(out, 0xA0000000u);  // a trigger
    }
    little(out, static_cast<uint32_t>((e.on ? 1u : 0u) << 28 | static_cast<uint32_t>(e.time_us & 63) << 22 |
                                      static_cast<uint32_t>(e.x) << 11 | e.y));
  }
  return out;
}

EventBytes make_evt21(const std::vector<Event>& events, bool upper_half_first) {
  EventBytes out;
  put(out, upper_half_first ? "% evt 2.1\n% geometry 640x480\n% end\n"
                            : "% format EVT21;height=480;width=640\n% endianness little\n% end\n");
  const auto word = [&](uint64_t value) {
    little(out, static_cast<uint32_t>(upper_half_first ? value >> 32 : value));
    little(out, static_cast<uint32_t>(upper_half_first ? value : value >> 32));
  };
  int64_t high = -1;
  for (size_t i = 0; i < events.size();) {
    const Event& e = events[i];
    if (e.time_us >> 6 != high) {
      high = e.time_us >> 6;
      word(uint64_t{8} << 60 | (static_cast<uint64_t>(high) & 0x0FFFFFFF) << 32);
    }
    // Neighbours to the right, within the 32 px that a word has.
    const uint32_t base = e.x / 32u * 32u;
    uint32_t valid = 0;
    for (uint32_t last = 0; i < events.size(); ++i) {
      const Event& n = events[i];
      if (n.time_us != e.time_us || n.y != e.y || n.on != e.on || n.x < base || n.x >= base + 32) break;
      const uint32_t bit = n.x - base;
      if (valid != 0 && bit <= last) break;
      valid |= 1u << bit;
      last = bit;
    }
    word(uint64_t{e.on ? 1u : 0u} << 60 | static_cast<uint64_t>(e.time_us & 63) << 54 | uint64_t{base} << 43 |
         uint64_t{e.y} << 32 | valid);
  }
  return out;
}

EventBytes make_evt3(const std::vector<Event>& events) {
  EventBytes out;
  put(out, "% evt 3.0\n% format EVT3;height=480;width=640\n% end\n");
  const auto word = [&out](uint32_t kind, uint32_t payload) {
    little(out, static_cast<uint16_t>(kind << 12 | (payload & 0xFFF)));
  };
  int64_t high = -1, low = -1, y = -1;
  for (size_t i = 0; i < events.size();) {
    const Event& e = events[i];
    if (e.time_us >> 12 != high) {
      high = e.time_us >> 12;
      low = -1;
      word(0x8, static_cast<uint32_t>(high));
      word(0xE, 5);  // what a vendor adds
    }
    if ((e.time_us & 0xFFF) != low) {
      low = e.time_us & 0xFFF;
      word(0x6, static_cast<uint32_t>(low));
    }
    if (e.y != y) {
      y = e.y;
      word(0x0, e.y);
    }
    size_t run = 1;
    while (i + run < events.size() && run < 20 &&
           events[i + run] == Event{e.time_us, static_cast<uint16_t>(e.x + run), e.y, e.on})
      ++run;
    if (run < 3) {
      word(0x2, static_cast<uint32_t>(e.on ? 0x800 : 0) | e.x);
      ++i;
      continue;
    }
    word(0x3, static_cast<uint32_t>(e.on ? 0x800 : 0) | e.x);
    word(0x4, (1u << std::min<size_t>(run, 12)) - 1);
    if (run > 12) word(0x5, (1u << (run - 12)) - 1);
    i += run;
  }
  return out;
}

EventBytes make_dat(const std::vector<Event>& events, int version) {
  EventBytes out;
  put(out, "% Data file containing CD events.\n% Version " + std::to_string(version) + "\n% Height 200\n% Width 300\n");
  out.push_back(version == 1 ? 0x00 : 0x0C);
  out.push_back(8);
  for (const Event& e : events) {
    little(out, static_cast<uint32_t>(e.time_us));
    const uint32_t x = e.x, y = e.y, p = e.on ? 1 : 0;
    little(out, version == 1 ? x | y << 9 | p << 17 : x | y << 14 | p << 28);
  }
  return out;
}

EventBytes make_aedat2(const std::vector<Event>& events) {
  EventBytes out;
  put(out, "#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n#End Of ASCII Header\r\n");
  size_t count = 0;
  for (const Event& e : events) {
    if (count++ % 5 == 0) {
      big(out, 0x80000C00u | static_cast<uint32_t>(count));  // of the motion sensor
      big(out, static_cast<uint32_t>(e.time_us));
      big(out, 0x00000400u);  // from outside
      big(out, static_cast<uint32_t>(e.time_us));
    }
    big(out, static_cast<uint32_t>(179 - e.y) << 22 | static_cast<uint32_t>(239 - e.x) << 12 | (e.on ? 0x800u : 0u));
    big(out, static_cast<uint32_t>(e.time_us));
  }
  return out;
}

EventBytes make_aedat3(const std::vector<Event>& events, size_t packet) {
  EventBytes out;
  put(out, "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS240C\r\n#!END-HEADER\r\n");
  const auto header = [&out](uint16_t type, uint32_t size, int64_t turns, uint32_t number) {
    little(out, type);
    little<uint16_t>(out, 1);
    little(out, size);
    little<uint32_t>(out, 4);
    little(out, static_cast<uint32_t>(turns));
    little(out, number);
    little(out, number);
    little(out, number);
  };
  for (size_t begin = 0; begin < events.size();) {
    const int64_t turns = events[begin].time_us >> 31;
    size_t end = begin;
    while (end < events.size() && end - begin < packet && events[end].time_us >> 31 == turns) ++end;
    header(2, 7, turns, 3);
    out.insert(out.end(), 21, 0xAB);
    header(1, 8, turns, static_cast<uint32_t>(end - begin + 1));
    little<uint32_t>(out, 0x00440002);  // not valid
    little<uint32_t>(out, 0);
    for (size_t i = begin; i < end; ++i) {
      const Event& e = events[i];
      little(out, static_cast<uint32_t>(e.x) << 17 | static_cast<uint32_t>(e.y) << 2 | (e.on ? 2u : 0u) | 1u);
      little(out, static_cast<uint32_t>(e.time_us & 0x7FFFFFFF));
    }
    begin = end;
  }
  return out;
}

EventBytes make_aedat4(const std::vector<Event>& events, int width, int height, size_t packet, Packing packing) {
  EventBytes out;
  put(out, "#!AER-DAT4.0\r\n");
  const std::string xml =
      "<dv version=\"2.0\"><node name=\"outInfo\" path=\"/o/\"><node name=\"1\"><attr key=\"typeIdentifier\" "
      "type=\"string\">"
      "IMUS</attr></node><node name=\"3\"><attr key=\"typeIdentifier\" type=\"string\">EVTS</attr><node name=\"info\">"
      "<attr key=\"sizeX\" type=\"int\">" +
      std::to_string(width) + "</attr><attr key=\"sizeY\" type=\"int\">" + std::to_string(height) +
      "</attr></node></node></node></dv>";
  put(out, io_header(static_cast<uint32_t>(packing), xml));
  for (size_t begin = 0; begin < events.size(); begin += packet) {
    little<uint32_t>(out, 1);
    little<uint32_t>(out, 5);
    out.insert(out.end(), 5, 0xCD);
    const EventBytes bytes = packed(event_packet(events, begin, std::min(events.size(), begin + packet)), packing);
    little<uint32_t>(out, 3);
    little(out, static_cast<uint32_t>(bytes.size()));
    put(out, bytes);
  }
  return out;
}

EventBytes make_nmnist(const std::vector<Event>& events) {
  EventBytes out;
  for (const Event& e : events) {
    out.push_back(static_cast<uint8_t>(e.x));
    out.push_back(static_cast<uint8_t>(e.y));
    const uint32_t rest = (e.on ? 0x800000u : 0u) | static_cast<uint32_t>(e.time_us);
    for (int shift = 16; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(rest >> shift));
  }
  return out;
}

EventBytes make_event_stream(const std::vector<Event>& events, int width, int height, StreamKind kind) {
  EventBytes out;
  put(out, "Event Stream");
  for (const int byte : {2, 0, 0, static_cast<int>(kind)}) out.push_back(static_cast<uint8_t>(byte));
  if (kind == StreamKind::generic) return out;
  little(out, static_cast<uint16_t>(width));
  little(out, static_cast<uint16_t>(height));
  const int64_t longest = kind == StreamKind::dvs ? 127 : kind == StreamKind::atis ? 63 : 254;
  int64_t last = 0;
  size_t count = 0;
  for (const Event& e : events) {
    int64_t past = e.time_us - last;
    last = e.time_us;
    if (kind == StreamKind::atis) {
      for (; past >= 3 * longest; past -= 3 * longest) out.push_back(0xFF);
      for (; past >= 2 * longest; past -= 2 * longest) out.push_back(0xFE);
      for (; past >= longest; past -= longest) out.push_back(0xFD);
    } else {
      for (; past >= longest; past -= longest) out.push_back(0xFF);
    }
    if (count++ % 7 == 0) out.push_back(kind == StreamKind::atis ? 0xFC : 0xFE);  // a reset, which says nothing
    const auto place = [&] {
      little(out, e.x);
      little(out, e.y);
    };
    const auto time = static_cast<unsigned>(past);
    if (kind == StreamKind::dvs) {
      out.push_back(static_cast<uint8_t>(time << 1 | (e.on ? 1u : 0u)));
      place();
    } else if (kind == StreamKind::atis) {
      out.push_back(static_cast<uint8_t>(time << 2 | (e.on ? 2u : 0u)));
      place();
      out.push_back(1);  // the same pixel's grey is measured
      place();
    } else {
      out.push_back(static_cast<uint8_t>(time));
      place();
      out.insert(out.end(), {10, 20, 30});
    }
  }
  return out;
}

}  // namespace flashcell::test
