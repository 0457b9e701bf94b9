// Any text as marks, split at a zero byte into marks and the tracks they name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "host/app/marks.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\0'), text.size());
  const std::string tracks(text.substr(std::min(end + 1, text.size())));
  fuzz::must_parse_or_blame_the_input([&] {
    const app::Marks marks = app::parse_marks(
        text.substr(0, end), "marks", [&] { return tracks; }, "tracks");
    for (const app::Mark& mark : marks.marks)
      if (mark.frame < 0 || marks.classes.at(static_cast<size_t>(mark.class_index)).empty()) std::abort();
  });
  return 0;
}
