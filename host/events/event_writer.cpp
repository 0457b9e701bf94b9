#include "host/events/event_writer.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "host/events/aedat4_writer.hpp"
#include "host/events/evt3_writer.hpp"

namespace flashcell {

std::unique_ptr<EventWriter> write_events(const std::filesystem::path& path, int width, int height) {
  const std::string ending = path.extension().string();
  if (ending == ".aedat4") return std::make_unique<Aedat4Writer>(path, width, height);
  if (ending == ".raw") return std::make_unique<Evt3Writer>(path, width, height);
  throw Error(Fault::usage,
              fmt::format("{}: events are written as .aedat4 (AEDAT 4) or .raw (EVT3); give the file such a name",
                          path.string()));
}

}  // namespace flashcell
