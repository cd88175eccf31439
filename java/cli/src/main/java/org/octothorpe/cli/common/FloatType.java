package org.octothorpe.cli.common;

import java.util.Locale;
import org.octothorpe.DType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the type of activations and weights: f32 or bf16. */
public final class FloatType implements ITypeConverter<DType> {
  @Override
  public DType convert(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "f32" -> DType.F32;
      case "bf16" -> DType.BF16;
      default -> throw new TypeConversionException("'" + text + "', but must be one of: f32, bf16");
    };
  }
}
