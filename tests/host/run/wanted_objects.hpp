#pragma once
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

// What a person wants of each recording, written down from its pictures before any choice was made by a program: which
// objects, where some of them are, how large, how many.
namespace flashcell::test {

/// An object that a person points at.
struct Mark {
  int64_t frame;
  double x, y;                   ///< px, inside of it
  double least_area, most_area;  ///< px, of what an acceptable segmentation makes of it
};

struct WantedObjects {
  std::string recording;  ///< below the data folder, or the demo's
  std::string subject;
  std::vector<Mark> marks;
  double least_found;                     ///< share of the marks
  double least_objects, most_objects;     ///< a frame on average, over the whole recording
  std::vector<std::string> options = {};  ///< key, value, key, value …
  std::string missed = "";                ///< why the choice is known not to reach this
};

inline void PrintTo(const WantedObjects& wanted, std::ostream* out) {
  *out << wanted.recording;
}

inline std::vector<WantedObjects> wanted_objects() {
  std::vector<WantedObjects> all;
  all.push_back(
      {"video/bgs_video02.avi",
       "cars and a cyclist on a motorway, of any grey; not the camera's texts, the crash barriers or the trees",
       {{125, 260, 193, 150, 3000},
        {125, 243, 107, 150, 3000},
        {125, 277, 67, 60, 1500},
        {250, 85, 85, 200, 4500},
        {250, 123, 70, 100, 4500},
        {250, 149, 213, 800, 9000},
        {250, 285, 133, 80, 2000},
        {375, 183, 208, 500, 6000},
        {375, 206, 97, 100, 2500},
        {375, 27, 92, 200, 4500},
        {500, 267, 73, 1000, 12000},
        {500, 170, 137, 200, 4500},
        {500, 45, 87, 100, 2500},
        {500, 179, 225, 400, 6000},
        {625, 13, 100, 60, 2500},
        {625, 255, 61, 50, 2500},
        {625, 125, 55, 50, 2500}},
       0.8,
       3,
       14});
  all.push_back({"video/sleap_clip.mp4",
                 "two bright flies, still for most of the time; not the grids, not the dust",
                 {{100, 396, 423, 1200, 7500},
                  {100, 302, 458, 1200, 7500},
                  {699, 396, 423, 1200, 7500},
                  {699, 302, 458, 1200, 7500},
                  {999, 408, 425, 1200, 7500},
                  {999, 302, 458, 1200, 7500},
                  {1299, 778, 399, 1200, 7500},
                  {1299, 685, 437, 1200, 7500},
                  {1449, 786, 438, 1200, 7500},
                  {1449, 703, 413, 1200, 7500}},
                 1,
                 1,
                 2.4});
  all.push_back(
      {"video/tracktor_spider.mp4",
       "two dark spiders, a large one that sits in its web and a small one that walks; not the window's frame, "
       "the shadows, or the head that passes",
       {{100, 1151, 172, 1500, 15000},
        {100, 767, 690, 60, 1500},
        {599, 1152, 172, 1500, 15000},
        {599, 824, 452, 60, 1500},
        {1099, 1152, 172, 1500, 15000},
        {1099, 930, 370, 60, 1500},
        {1599, 1151, 172, 1500, 15000},
        {1599, 965, 380, 60, 1500},
        {2299, 1152, 172, 1500, 15000},
        {2299, 1001, 385, 60, 1500}},
       0.5,
       0.8,
       6});
  // Who says that there are two gets both.
  WantedObjects counted = all.back();
  counted.options = {"track.count", "2"};
  counted.least_found = 1;
  counted.least_objects = 1.9;
  counted.most_objects = 3;
  all.push_back(counted);
  all.push_back({"demo/vtest.avi",
                 "people who walk in a yard; not the ribbon, the parked cars or the tripod",
                 {{132, 594, 240, 300, 5000},
                  {132, 629, 264, 300, 5000},
                  {132, 392, 224, 200, 5000},
                  {264, 326, 251, 300, 5000},
                  {264, 526, 288, 400, 5000},
                  {264, 48, 208, 200, 5000},
                  {396, 278, 240, 250, 5000},
                  {396, 694, 347, 400, 5000},
                  {396, 600, 171, 150, 3000},
                  {528, 480, 240, 250, 5000},
                  {528, 650, 320, 400, 6000},
                  {528, 408, 464, 1200, 15000},
                  {660, 474, 240, 200, 5000},
                  {660, 315, 424, 800, 9000},
                  {660, 704, 355, 400, 6000}},
                 0.8,
                 3,
                 12});
  all.push_back({"bulk_water",
                 "hundreds of dark particles that diffuse, some pixels large",
                 {},
                 0,
                 250,
                 1000,
                 {"input.fps", "7.5"}});
  all.push_back({"highspeed/ball_12bit.mraw",
                 "a dark ball that falls; the plate below may be seen, too",
                 {{0, 175, 60, 9000, 17000}, {7, 175, 80, 9000, 17000}, {14, 175, 100, 9000, 17000}},
                 1,
                 1,
                 2});
  all.push_back({"highspeed/pims_legacy_35087fps.cine",
                 "a dark body as large as the frame that draws a neck and is gone after 23 of 97 frames",
                 {{12, 20, 20, 6000, 16384}, {15, 40, 60, 4000, 16384}, {20, 60, 20, 3000, 14000}},
                 0.6,
                 0.1,
                 1.5,
                 {},
                 "it fills the frame and touches all edges: scenery, as far as the choice can tell"});
  all.push_back({"highspeed/pyidi_showcase.mraw",
                 "two long bright bars of a beam that shakes by less than a pixel",
                 {{0, 400, 13, 2500, 20000}, {37, 400, 13, 2500, 20000}, {74, 400, 13, 2500, 20000}},
                 1,
                 1,
                 5});
  all.push_back({"highspeed/cinefiles_12bpp.cine",
                 "nothing but grey slopes: anything steady, no noise",
                 {},
                 0,
                 0,
                 6,
                 {},
                 "some eight spots a frame at the edge of the noise are taken for objects"});
  all.push_back({"highspeed/cinefiles_packed_10.cine",
                 "three frames of noise: nothing",
                 {},
                 0,
                 0,
                 20,
                 {},
                 "noise has its specks by any threshold; the choice says that it is a guess"});
  return all;
}

}  // namespace flashcell::test
