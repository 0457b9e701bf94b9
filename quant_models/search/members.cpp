#include "quant_models/search/members.hpp"

namespace flashcell::quant {

std::vector<std::string> member_names(const MixedPrecision& found) {
  std::vector<std::string> names;
  for (size_t i = 0; i < found.decisions.size(); ++i)
    for (size_t m = 0; m < found.decisions[i].members.size(); ++m)
      names.push_back(found.decisions[i].members[m] + (m == 0 && found.groups[i].chosen ? " value" : " weights"));
  return names;
}

std::vector<int> bits_of(const MixedPrecision& found, std::span<const size_t> options) {
  std::vector<int> all;
  for (size_t i = 0; i < options.size(); ++i) {
    const std::vector<int>& bits = found.decisions[i].options[options[i]].bits;
    all.insert(all.end(), bits.begin(), bits.end());
  }
  return all;
}

}  // namespace flashcell::quant
