#pragma once
#include "quant_models/random.hpp"
#include "quant_models/train/classification_task.hpp"

// A small data set that a small network learns in seconds.
namespace flashcell::test {

// 28 x 28 pictures of one of three patterns at random places: learned in a few steps.
inline quant::ClassificationData patterns(int count, uint64_t seed) {
  quant::ClassificationData data;
  data.classes = {"bar", "column", "square"};
  for (quant::LabelledImages* images : {&data.train, &data.test}) {
    *images = {count, 1, 28, 28, std::vector<uint8_t>(static_cast<size_t>(count) * 784), {}};
    for (int i = 0; i < count; ++i) {
      quant::Random random(seed, {static_cast<uint64_t>(i), images == &data.test ? 1U : 0U});
      const int label = i % 3,
                rows = label == 1   ? 14
                       : label == 2 ? 8
                                    : 4,
                columns = label == 0   ? 14
                          : label == 2 ? 8
                                       : 4;
      const auto top = static_cast<int>(random.below(14)), left = static_cast<int>(random.below(14));
      for (int r = 0; r < 28; ++r)
        for (int c = 0; c < 28; ++c) {
          const bool on = r >= top && r < top + rows && c >= left && c < left + columns;
          images->pixels[static_cast<size_t>((i * 28 + r) * 28 + c)] =
              static_cast<uint8_t>((on ? 180 : 20) + random.below(40));
        }
      images->labels.push_back(label);
    }
  }
  return data;
}

inline quant::Recipe pattern_recipe() {
  quant::Recipe recipe;
  recipe.augment.shift = 1;
  return recipe;
}

inline quant::StageOptions pattern_stage(int epochs) {
  quant::StageOptions stage;
  stage.name = "float";
  stage.epochs = epochs;
  stage.batch = 30;
  stage.learning_rate = 5e-3;
  stage.weight_decay = 0.01;
  return stage;
}

}  // namespace flashcell::test
