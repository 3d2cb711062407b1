using System.Text.Json.Serialization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tuning;

/// <summary>The forecasts that are searched.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ForecastKind>))]
internal enum ForecastKind
{
    /// <summary>The line through the last two: best over short gaps.</summary>
    Line,

    /// <summary>Ridge regression on all: best over long gaps.</summary>
    Chebyshev,
}

/// <summary>The forecasts of their names.</summary>
internal static class ForecastKinds
{
    /// <summary>The forecast.</summary>
    public static Forecast Forecast(this ForecastKind kind) => kind == ForecastKind.Chebyshev ? new Chebyshev() : new Taylor();
}
