package org.octothorpe.internal;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.PropertyBindingException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What is wrong with a text that should be JSON, in words for people. */
public final class JsonFault {
  private static final int LONGEST = 200; // characters of a reason, which may quote the text

  /** What is written otherwise, one after the other. */
  private record Wording(Pattern pattern, String words) {
    static Wording of(String pattern, String words) {
      return new Wording(Pattern.compile(pattern, Pattern.DOTALL), words);
    }
  }

  private static final List<Wording> WORDINGS =
      List.of(
          // Jackson's idea of where: lines from where it began, and why it does not say more.
          Wording.of("\\s*\\([^()]*\\[Source: [^\\]]*\\]\\)", ""),
          Wording.of("\\s*\\R\\s*", " "),
          Wording.of("[\\p{Cs}\\p{Cntrl}]", "\uFFFD"), // of a text that is cut or binary
          Wording.of("\\((\\d+), from `[^`]*`\\)", "($1)"),
          Wording.of("Non-standard token '([^']*)': .*", "'$1' is not a value of JSON"),
          Wording.of(": enable `[^`]*` to allow", ""),
          Wording.of("\\(+CTRL-CHAR, code (\\d+)\\)+", "(control character $1)"),
          Wording.of("\\('(.{1,2})' \\(code \\d+[^)]*\\)\\)", "'$1'"),
          Wording.of("'?(.)'? \\(code \\d+[^)]*\\)", "'$1'"),
          Wording.of("maybe a \\(non-standard\\) comment\\?.*", "JSON has no comments"),
          Wording.of(
              "(?:was expecting|expected a valid value) \\(JSON String, Number(?: \\(or [^)]*\\))?, Array, Object or token"
                  + " 'null', 'true' or 'false'\\)",
              "a value is a string in double quotes, a number, an array, an object, null, true or"
                  + " false"));

  /** Words of the parser about itself. */
  private static final Pattern ABOUT_ITSELF =
      Pattern.compile(
          "`|Feature|Constraints|Source|JsonToken|token \\(|bound as|deseriali[sz]|\\b(?:com|org|java)\\.|Exception|_[A-Z]{2}|\\b[a-z]+[A-Z]\\w*\\(");

  private JsonFault() {}

  /** Returns the reason on one line, without the place. */
  public static String reason(JacksonException fault) {
    if (fault instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      return ofField(mapping);
    }
    String reason = String.valueOf(fault.getOriginalMessage());
    for (Wording wording : WORDINGS) {
      reason = wording.pattern.matcher(reason).replaceAll(wording.words);
    }
    if (ABOUT_ITSELF.matcher(reason).find()) {
      return "it breaks a rule of JSON";
    }
    return reason.codePointCount(0, reason.length()) <= LONGEST
        ? reason
        : reason.substring(0, reason.offsetByCodePoints(0, LONGEST)) + "...";
  }

  // A value that does not fit the field that it is for.
  private static String ofField(JsonMappingException fault) {
    String field =
        fault.getPath().stream()
            .map(
                part ->
                    part.getFieldName() == null
                        ? "[" + part.getIndex() + "]"
                        : "." + part.getFieldName())
            .collect(Collectors.joining())
            .replaceFirst("^\\.", "");
    return fault instanceof PropertyBindingException
        ? "it has a field '" + field + "', which is unknown"
        : "the value of '" + field + "' does not fit";
  }
}
