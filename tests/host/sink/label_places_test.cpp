#include "host/sink/label_places.hpp"

#include <gtest/gtest.h>

#include <random>

namespace flashcell::host {
namespace {

TEST(LabelPlaces, PutsALabelAboveItsObjectWhereThereIsRoom) {
  LabelPlaces places({640, 480});
  const cv::Rect object(300, 200, 40, 30);
  places.begin({object});
  const auto place = places.take(object, {24, 14}, 0);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->box, cv::Rect(300, 183, 24, 14));
  EXPECT_FALSE(place->apart);
  EXPECT_EQ(place->slot, 0);
}

TEST(LabelPlaces, LabelsCoverNeitherEachOtherNorObjectsNorTheEdge) {
  const cv::Rect picture(0, 0, 640, 480);
  LabelPlaces places(picture.size());
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<cv::Rect> objects;
    for (int i = 0; i < 150; ++i)
      objects.emplace_back(static_cast<int>(random() % 660) - 10, static_cast<int>(random() % 500) - 10,
                           3 + static_cast<int>(random() % 30), 3 + static_cast<int>(random() % 30));
    places.begin(objects);
    std::vector<cv::Rect> labels;
    for (const cv::Rect& object : objects) {
      const cv::Size label(10 + static_cast<int>(random() % 60), 14);
      if (const auto place = places.take(object, label, static_cast<int>(random() % LabelPlaces::kSlots)))
        labels.push_back(place->box);
    }
    EXPECT_GT(labels.size(), 60u);
    for (size_t i = 0; i < labels.size(); ++i) {
      EXPECT_EQ(labels[i] & picture, labels[i]);
      for (const cv::Rect& object : objects) EXPECT_TRUE((labels[i] & object).empty());
      for (size_t k = 0; k < i; ++k) EXPECT_TRUE((labels[i] & labels[k]).empty());
    }
  }
}

TEST(LabelPlaces, ALabelStaysWhereItWasAndComesBackToItsObject) {
  LabelPlaces places({640, 480});
  const cv::Rect object(300, 200, 40, 30);
  places.begin({object});
  EXPECT_EQ(places.take(object, {24, 14}, 2)->slot, 2) << "beside it, as before";
  places.begin({object});
  EXPECT_LT(places.take(object, {24, 14}, 17)->slot, 8) << "no longer away from it";
  // Neighbours all around but for a slit above: away from it, and the same place again.
  const std::vector<cv::Rect> crowd = {
      object, {270, 180, 38, 18}, {316, 180, 60, 18}, {270, 232, 100, 18}, {260, 180, 38, 70}, {342, 180, 40, 70}};
  places.begin(crowd);
  const auto away = places.take(object, {24, 14}, 0);
  ASSERT_TRUE(away);
  EXPECT_TRUE(away->apart);
  places.begin(crowd);
  EXPECT_EQ(places.take(object, {24, 14}, away->slot)->box, away->box);
}

TEST(LabelPlaces, NoLineLeadsOverAnotherObject) {
  LabelPlaces places({640, 480});
  const cv::Rect object(300, 200, 40, 30);
  places.begin({object, {260, 180, 122, 18}, {260, 232, 122, 18}, {260, 180, 38, 70}, {342, 180, 40, 70}});
  EXPECT_FALSE(places.take(object, {24, 14}, 0));
}

TEST(LabelPlaces, ABoxAroundEverythingLeavesRoomInside) {
  LabelPlaces places({640, 480});
  const cv::Rect everything(5, 5, 630, 470), object(300, 200, 20, 20);
  places.begin({everything, object});
  EXPECT_TRUE(places.take(object, {24, 14}, 0));
}

TEST(LabelPlaces, WithoutRoomThereIsNoLabel) {
  LabelPlaces places({40, 20});
  const cv::Rect object(10, 5, 10, 10);
  places.begin({object});
  EXPECT_FALSE(places.take(object, {60, 14}, 0)) << "wider than the picture";
}

}  // namespace
}  // namespace flashcell::host
