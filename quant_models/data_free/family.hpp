#pragma once
#include "base/named_value.hpp"
#include "quant_models/data_free/work_plan.hpp"

namespace flashcell::quant {

/// What of a network remembers its training data.
enum class Family {
  normalized,   ///< batch normalization: means and variances of its inner values
  transformer,  ///< attention over patches, which tells pictures from noise
  other,        ///< neither
};

/// For people.
inline constexpr NamedValue<Family> kFamilyTexts[] = {{Family::normalized, "CNN with batch normalization"},
                                                      {Family::transformer, "vision transformer"},
                                                      {Family::other, "neither batch normalization nor attention"}};

/// `graph`: as its file has it, in real numbers.
Family family_of(const Graph& graph);

/// The way to pictures that suits a family best. Throws ModelError with what to do instead where there is none.
PictureMethod best_method(Family family);

/// Throws ModelError, with what to do instead, where the method cannot work with the family.
void check_method(PictureMethod method, Family family);

}  // namespace flashcell::quant
