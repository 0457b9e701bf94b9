#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "host/events/formats.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

enum class Format : uint8_t { none, evt2, evt21, evt3, dat, aedat2, aedat3, aedat4, nmnist, event_stream, hdf5 };

constexpr std::string_view kHdf5Magic = "\x89HDF\r\n\x1a\n";

std::string ending_of(const std::string& name) {
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

Format format_of_header(const PercentHeader& header, const std::string& ending) {
  if (header.bytes == 0) return Format::none;
  const std::string version = header.field("evt"), format = header.field("format");
  const auto is = [&](std::string_view number, std::string_view name) {
    return version == number || format == name || format.substr(0, format.find(';')) == name;
  };
  if (is("2.0", "EVT2")) return Format::evt2;
  if (is("2.1", "EVT21")) return Format::evt21;
  if (is("3.0", "EVT3")) return Format::evt3;
  return ending == ".dat" ? Format::dat : Format::none;
}

Format format_of(const RandomReader& bytes, const std::string& name, PercentHeader& header) {
  struct Magic {
    std::string_view begins;
    Format format;
  };
  constexpr Magic kMagics[] = {{"#!AER-DAT2.0", Format::aedat2},
                               {"#!AER-DAT3.1", Format::aedat3},
                               {"#!AER-DAT4.0", Format::aedat4},
                               {"Event Stream", Format::event_stream},
                               {kHdf5Magic, Format::hdf5}};
  std::string head(std::min<uint64_t>(bytes.size(), 16), '\0');
  if (!bytes.read(0, {reinterpret_cast<uint8_t*>(head.data()), head.size()})) return Format::none;
  for (const Magic& magic : kMagics) {
    if (head.compare(0, magic.begins.size(), magic.begins) == 0) return magic.format;
  }
  const std::string ending = ending_of(name);
  header = read_percent_header(bytes);
  if (const Format format = format_of_header(header, ending); format != Format::none) return format;
  if ((ending == ".bin" || ending == ".bs2") && looks_like_nmnist(bytes)) return Format::nmnist;
  return Format::none;
}

std::unique_ptr<EventReader> open_format(Format format, Bytes bytes, const PercentHeader& header,
                                         const std::string& name) {
  if (bytes->size() == 0) throw Error(Fault::input, name + ": is empty; copy it again");
  switch (format) {
    case Format::evt2:
      return open_evt2(std::move(bytes), header, name);
    case Format::evt21:
      return open_evt21(std::move(bytes), header, name);
    case Format::evt3:
      return open_evt3(std::move(bytes), header, name);
    case Format::dat:
      return open_dat(std::move(bytes), header, name);
    case Format::aedat2:
      return open_aedat2(std::move(bytes), name);
    case Format::aedat3:
      return open_aedat3(std::move(bytes), name);
    case Format::aedat4:
      return open_aedat4(std::move(bytes), name);
    case Format::nmnist:
      return open_nmnist(std::move(bytes), name);
    case Format::event_stream:
      return open_event_stream(std::move(bytes), name);
    case Format::hdf5:
    case Format::none:
      break;
  }
  throw Error(Fault::input,
              fmt::format("{}: is no recording of events that is known here; docs/formats.md lists those", name));
}

}  // namespace

std::unique_ptr<EventReader> open_events(std::shared_ptr<const RandomReader> bytes, const std::string& name) {
  PercentHeader header;
  const Format format = format_of(*bytes, name, header);
  return open_format(format, std::move(bytes), header, name);
}

std::unique_ptr<EventReader> open_events(const fs::path& path) {
  auto file = std::make_shared<const MappedFileReader>(path);
  PercentHeader header;
  const Format format = format_of(*file, path.string(), header);
  if (format == Format::hdf5) return open_dsec(path);
  return open_format(format, std::move(file), header, path.string());
}

bool holds_events(const fs::path& path) {
  try {
    const FileReader file(path);
    PercentHeader header;
    const Format format = format_of(file, path.string(), header);
    return format == Format::hdf5 ? is_dsec(path) : format != Format::none;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace flashcell
