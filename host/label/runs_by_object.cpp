#include "host/label/runs_by_object.hpp"

#include <algorithm>
#include <utility>

namespace flashcell::host {

void RunsByObject::fill(const RunTable& table) {
  std::fill_n(next_.begin(), table.objects(), 0u);
  for (uint32_t i = 0; i < table.runs(); ++i) ++next_[table.object_of()[i]];
  uint32_t before = 0;
  for (uint32_t object = 0; object < table.objects(); ++object) before += std::exchange(next_[object], before);
  for (uint32_t i = 0; i < table.runs(); ++i) runs_[next_[table.object_of()[i]]++] = i;
}

}  // namespace flashcell::host
