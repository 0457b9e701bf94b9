// Any text as marked spans of tracks: refused, or spans in order that name an action.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "host/actions/marked_spans.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::must_parse_or_blame_the_input([&] {
    const auto spans = host::parse_marked_spans(text, "marks.csv");
    if (spans.empty()) std::abort();
    for (const host::MarkedSpan& span : spans)
      if (span.first < 0 || span.last < span.first || span.action.empty()) std::abort();
  });
  return 0;
}
