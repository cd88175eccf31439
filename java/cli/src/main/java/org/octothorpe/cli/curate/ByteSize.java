package org.octothorpe.cli.curate;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an amount of memory: 512M, 2G, or a number of bytes. */
final class ByteSize implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})([KMGT]?)");
  private static final String UNITS = "KMGT";

  @Override
  public Long convert(String text) {
    Matcher size = SIZE.matcher(text.toUpperCase(Locale.ROOT));
    if (!size.matches()) {
      throw new TypeConversionException("'" + text + "', but must be a size such as 512M or 2G");
    }
    int power = UNITS.indexOf(size.group(2)) + 1;
    return Long.parseLong(size.group(1)) << (size.group(2).isEmpty() ? 0 : 10 * power);
  }
}
