#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.hpp"
#include "host/eval/mot_text.hpp"
#include "host/eval/track_csv.hpp"

namespace {

/// Anything may come in; what comes out is rows or a fault of the input.
template <class Parse>
void must_parse_or_blame_the_input(const Parse& parse) {
  try {
    parse();
  } catch (const flashcell::Error& error) {
    if (error.fault() != flashcell::Fault::input) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  must_parse_or_blame_the_input([&] {
    const flashcell::host::ObjectList list = flashcell::host::parse_mot(text, "fuzz");
    if (list.objects.size() != list.lines.size()) std::abort();
  });
  must_parse_or_blame_the_input([&] { flashcell::host::parse_mot_detections(text, "fuzz"); });
  must_parse_or_blame_the_input([&] { flashcell::host::parse_track_csv(text, "fuzz", {}); });
  return 0;
}
