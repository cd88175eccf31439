package org.octothorpe.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Comma-separated values as of RFC 4180, one record a line: fields may be in double quotes, a quote
 * within is doubled.
 */
final class Csv {
  private Csv() {}

  /**
   * Splits a line.
   *
   * @throws IllegalArgumentException if a quote is left open or stands amid a field
   */
  static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    int i = 0;
    while (true) {
      if (i < line.length() && line.charAt(i) == '"') {
        i = quoted(line, i + 1, field);
      } else {
        while (i < line.length() && line.charAt(i) != ',') {
          if (line.charAt(i) == '"') {
            throw new IllegalArgumentException("a quote at column " + (i + 1) + " amid a field");
          }
          field.append(line.charAt(i++));
        }
      }
      fields.add(field.toString());
      field.setLength(0);
      if (i >= line.length()) {
        return fields;
      }
      if (line.charAt(i) != ',') {
        throw new IllegalArgumentException("text at column " + (i + 1) + " after a quoted field");
      }
      i++;
    }
  }

  // From after the opening quote to after the closing one.
  private static int quoted(String line, int start, StringBuilder field) {
    int i = start;
    while (i < line.length()) {
      char c = line.charAt(i++);
      if (c != '"') {
        field.append(c);
      } else if (i < line.length() && line.charAt(i) == '"') {
        field.append('"');
        i++;
      } else {
        return i;
      }
    }
    throw new IllegalArgumentException("the quote at column " + start + " is not closed");
  }
}
