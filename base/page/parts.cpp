#include "base/page/parts.hpp"

#include <fmt/format.h>

#include "base/page/style.hpp"
#include "base/text.hpp"

namespace flashcell {

std::string page_head(const std::string& title, const std::string& kicker, const std::string& name,
                      const std::string& facts, const std::string& more_style) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{}</title>"
      "<style>{}{}</style></head><body><main>\n<header><p class=\"kicker\">{}</p><h1>{}</h1><p>{}</p></header>\n",
      markup_escape(title), kPageStyle, more_style, markup_escape(kicker), markup_escape(name), markup_escape(facts));
}

std::string marked_section(const std::string& title, const std::string& head, const std::string& body,
                           const std::string& table) {
  const std::string link = table.empty() ? "" : fmt::format("<a class=\"csv\" href=\"{0}\" download>CSV</a>", table);
  return fmt::format("<section>{}<h2>{}</h2>{}{}</section>\n", link, markup_escape(title), head, body);
}

std::string section(const std::string& title, const std::string& note, const std::string& body,
                    const std::string& table) {
  return marked_section(title, note.empty() ? "" : fmt::format("<p>{}</p>", markup_escape(note)), body, table);
}

std::string no_data(const std::string& why) {
  return fmt::format("<div class=\"empty\">{}</div>", markup_escape(why));
}

std::string figure(const std::string& value, const std::string& what, bool warn) {
  return fmt::format("<div class=\"figure{}\"><b>{}</b><span>{}</span></div>", warn ? " warn" : "",
                     markup_escape(value), markup_escape(what));
}

std::string script_json(const std::string& json) {
  std::string text;
  for (const char c : json) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}

}  // namespace flashcell
