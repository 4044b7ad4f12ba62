namespace Pulumi;

internal interface IUnion
{
    object Value { get; }
}

/// <summary>A value of either of two types.</summary>
public readonly struct Union<T0, T1> : IEquatable<Union<T0, T1>>, IUnion
{
    private readonly bool _isSecond;
    private readonly T0 _first;
    private readonly T1 _second;

    private Union(bool isSecond, T0 first, T1 second) => (_isSecond, _first, _second) = (isSecond, first, second);

    public bool IsT0 => !_isSecond;

    public bool IsT1 => _isSecond;

    public T0 AsT0 => IsT0 ? _first : throw new InvalidOperationException($"The value is a {typeof(T1)}, not a {typeof(T0)}.");

    public T1 AsT1 => IsT1 ? _second : throw new InvalidOperationException($"The value is a {typeof(T0)}, not a {typeof(T1)}.");

    public object Value => IsT0 ? _first! : _second!;

    public static Union<T0, T1> FromT0(T0 input) => new(false, input, default!);

    public static Union<T0, T1> FromT1(T1 input) => new(true, default!, input);

    public TResult Match<TResult>(Func<T0, TResult> f0, Func<T1, TResult> f1) => IsT0 ? f0(_first) : f1(_second);

    public void Switch(Action<T0> f0, Action<T1> f1)
    {
        if (IsT0)
            f0(_first);
        else
            f1(_second);
    }

    public bool Equals(Union<T0, T1> other) => _isSecond == other._isSecond && Equals(Value, other.Value);

    public override bool Equals(object? obj) => obj is Union<T0, T1> other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_isSecond, Value);

    public override string ToString() => $"{(IsT0 ? typeof(T0) : typeof(T1)).FullName}: {Value}";

    public static implicit operator Union<T0, T1>(T0 t) => FromT0(t);

    public static implicit operator Union<T0, T1>(T1 t) => FromT1(t);

    public static bool operator ==(Union<T0, T1> left, Union<T0, T1> right) => left.Equals(right);

    public static bool operator !=(Union<T0, T1> left, Union<T0, T1> right) => !left.Equals(right);
}
