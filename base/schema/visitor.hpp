#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/named_value.hpp"

// A file of settings is written down once, as a function that shows every key to a visitor. Reading, printing, listing
// and comparing settings are visitors.
namespace flashcell::schema {

class Visitor;

/// Tables of one kind, as in [[segment.class]]: a list that visitors read into or print.
class Tables {
 public:
  virtual ~Tables() = default;
  virtual size_t size() const = 0;
  virtual void clear() = 0;
  /// Appends one with the values that hold where its table says nothing.
  virtual void add() = 0;
  virtual void visit(size_t i, Visitor& visitor) = 0;
  /// What an item still lacks once it has been read, as the end of a sentence; empty: nothing.
  virtual std::string fault(size_t i) const = 0;
  virtual size_t most() const = 0;
};

/// What is wrong with a text, as one line; empty: nothing.
using TextFault = std::function<std::string(const std::string& text)>;

/// Sees every key of a file of settings once, in order. `value` is what holds now, and what holds then.
class Visitor {
 public:
  virtual ~Visitor() = default;
  /// The keys that follow stand in this table; "": at the top of the file.
  virtual void section(const char* name, const char* doc) = 0;
  virtual void boolean(const char* key, bool& value, const char* doc) = 0;
  virtual void integer(const char* key, int64_t& value, int64_t low, int64_t high, const char* doc) = 0;
  virtual void real(const char* key, double& value, double low, double high, const char* doc) = 0;
  virtual void text(const char* key, std::string& value, const char* doc) = 0;
  /// Text of a form of its own, as "2..5"; a file may leave the quotes out where TOML can be read without them. `fault`
  /// says what is wrong with a text; empty: nothing.
  virtual void form(const char* key, std::string& value, const TextFault& /*fault*/, const char* doc) {
    text(key, value, doc);
  }
  /// `value` is one of the names; a value that is none must be given.
  virtual void choice(const char* key, std::string& value, const std::vector<std::string>& names, const char* doc) = 0;
  /// [low, high], both within least..most; `wraps`: low may be above high.
  virtual void range(const char* key, int& low, int& high, int least, int most, bool wraps, const char* doc) = 0;
  /// [[x, y], ...], each within -limit..limit.
  virtual void points(const char* key, std::vector<std::array<double, 2>>& value, double limit, const char* doc) = 0;
  /// [a, b, ...]: `count` numbers, each within -limit..limit; none: not given.
  virtual void numbers(const char* key, std::vector<double>& value, size_t count, double limit, const char* doc) = 0;
  virtual void tables(const char* key, Tables& value, const char* doc) = 0;
};

/// An integer of another type.
template <class Int>
void integer(Visitor& v, const char* key, Int& value, int64_t low, int64_t high, const char* doc) {
  auto wide = static_cast<int64_t>(value);
  v.integer(key, wide, low, high, doc);
  value = static_cast<Int>(wide);
}

/// A value of an enum by its name in the table; one without a name must be given.
template <class Entry, size_t kCount, class Enum>
void choice(Visitor& v, const char* key, Enum& value, const Entry (&table)[kCount], const char* doc) {
  std::string name = name_in(table, value);
  v.choice(key, name, names_in(table), doc);
  if (const auto found = value_in(table, name)) value = *found;
}

/// [low, high] of bytes.
inline void range(Visitor& v, const char* key, uint8_t& low, uint8_t& high, bool wraps, const char* doc) {
  int first = low, last = high;
  v.range(key, first, last, 0, 255, wraps, doc);
  low = static_cast<uint8_t>(first);
  high = static_cast<uint8_t>(last);
}

/// Tables whose items lie in a vector.
template <class Item>
class TableList : public Tables {
 public:
  struct Kind {
    std::function<void(Item& item, Visitor& visitor)> visit;
    std::function<std::string(const Item& item)> fault;
    size_t most = SIZE_MAX;
    Item fresh = {};
  };

  TableList(std::vector<Item>& items, Kind kind) : items_(items), kind_(std::move(kind)) {}

  size_t size() const override { return items_.size(); }
  void clear() override { items_.clear(); }
  void add() override { items_.push_back(kind_.fresh); }
  void visit(size_t i, Visitor& visitor) override { kind_.visit(items_.at(i), visitor); }
  std::string fault(size_t i) const override { return kind_.fault(items_.at(i)); }
  size_t most() const override { return kind_.most; }

 private:
  std::vector<Item>& items_;
  Kind kind_;
};

}  // namespace flashcell::schema
